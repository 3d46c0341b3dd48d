'use client';

import { Search } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useEffect, useRef } from 'react';

/** Finds phones from everywhere; `/` and Ctrl K bring the cursor here. */
export function SearchBox() {
  const router = useRouter();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (!isSummons(event)) return;
      event.preventDefault();
      field.current?.select();
      field.current?.focus();
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);
  return (
    <search className="min-w-0 grow sm:max-w-md">
      <form
        action="/phones"
        className="relative"
        onSubmit={(event) => {
          event.preventDefault();
          const query = field.current?.value.trim() ?? '';
          router.push(query === '' ? '/phones' : `/phones?q=${encodeURIComponent(query)}`);
        }}
      >
        <Search aria-hidden className="pointer-events-none absolute top-2 left-2.5 size-4 text-muted" />
        <input
          ref={field}
          name="q"
          type="search"
          aria-label="Search phones and lines"
          aria-keyshortcuts="Control+K /"
          placeholder="Search phones and lines"
          autoComplete="off"
          className="h-8 w-full rounded border border-line bg-sunken pr-14 pl-8 text-13 text-ink placeholder:text-muted hover:border-line-strong focus:border-accent focus:bg-surface focus:outline-2 focus:outline-offset-0 focus:outline-accent"
        />
        <kbd className="pointer-events-none absolute top-1.5 right-2 hidden rounded-sm border border-line bg-surface px-1 text-12 leading-[18px] text-muted sm:block">
          Ctrl K
        </kbd>
      </form>
    </search>
  );
}

function isSummons(event: KeyboardEvent): boolean {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') return true;
  return event.key === '/' && !isTyping(event.target);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
