'use client';

import { type KeyboardEvent, type PointerEvent, useState } from 'react';
import { classNames } from '../ui/class-names.ts';
import type { LineOrigin } from './line-origin.ts';

export interface FileLine extends LineOrigin {
  readonly number: number;
  /** Secrets are dots. */
  readonly text: string;
  readonly isSecret: boolean;
}

interface FileViewProps {
  readonly name: string;
  readonly facts: string;
  readonly lines: readonly FileLine[];
}

/**
 * A file as the phone gets it, each line with its origin: in short beside it, in full below for the line under the
 * pointer or the cursor. The lines are one stop for the Tab key; arrows, Home and End move between them.
 */
export function FileView({ name, facts, lines }: FileViewProps) {
  const [current, setCurrent] = useState(0);
  const line = lines[current];
  const move = (event: KeyboardEvent<HTMLElement>) => {
    const next = nextLine(event.key, current, lines.length);
    if (next === null) return;
    event.preventDefault();
    setCurrent(next);
    event.currentTarget.querySelectorAll<HTMLElement>('[role=option]')[next]?.focus();
  };
  return (
    <section aria-label={name} className="min-w-0 rounded border border-line bg-surface">
      <header className="hairline-b flex flex-wrap items-baseline justify-between gap-x-4 px-3 py-2">
        <h2 className="font-mono text-13 font-medium break-all">{name}</h2>
        <p className="text-12 break-all text-muted">{facts}</p>
      </header>
      <div
        role="listbox"
        aria-label={`Lines of ${name}`}
        aria-describedby="line-origin"
        onKeyDown={move}
        className="py-1 font-mono text-12 leading-5"
      >
        {lines.map((fileLine, at) => (
          <FileRow
            key={fileLine.number}
            line={fileLine}
            isCurrent={at === current}
            onReach={() => setCurrent(at)}
          />
        ))}
      </div>
      <Origin line={line} />
    </section>
  );
}

interface FileRowProps {
  readonly line: FileLine;
  readonly isCurrent: boolean;
  readonly onReach: () => void;
}

function FileRow({ line, isCurrent, onReach }: FileRowProps) {
  return (
    <div
      role="option"
      aria-selected={isCurrent}
      tabIndex={isCurrent ? 0 : -1}
      onFocus={onReach}
      onPointerMove={(event) => hasMoved(event) && onReach()}
      className={classNames(
        'grid scroll-mt-16 scroll-mb-24 cursor-default grid-cols-[40px_minmax(0,1fr)] gap-x-3 pr-3 outline-offset-[-2px] sm:grid-cols-[48px_minmax(0,1fr)_minmax(0,200px)]',
        isCurrent && 'bg-accent-wash',
      )}
    >
      <span className="text-right text-muted select-none">{line.number}</span>
      <span className="break-all whitespace-pre-wrap">{line.text === '' ? '\u00a0' : line.text}</span>
      <span className="hidden truncate text-right font-sans text-muted sm:block">{line.short}</span>
    </div>
  );
}

/** Stays in view while the file scrolls. */
function Origin({ line }: { readonly line: FileLine | undefined }) {
  return (
    <footer
      id="line-origin"
      className="sticky bottom-0 min-h-16 rounded-b border-t border-line bg-sunken px-3 py-2 text-12"
    >
      {line ? (
        <>
          <p>
            <span className="font-medium">{`Line ${line.number}`}</span>
            <span className="text-muted">{` comes from ${line.source}`}</span>
          </p>
          {line.values.map((value) => (
            <p key={value.path} className="mt-0.5 break-all text-muted">
              <code className="text-ink">{value.path}</code>
              {` set for ${value.from}`}
            </p>
          ))}
          {line.isSecret ? <p className="mt-0.5 text-muted">The secret in it is masked.</p> : null}
        </>
      ) : (
        <p className="text-muted">This file is empty.</p>
      )}
    </footer>
  );
}

/** A line that is scrolled under a pointer that rests is not pointed at. */
function hasMoved(event: PointerEvent<HTMLElement>): boolean {
  return event.movementX !== 0 || event.movementY !== 0;
}

function nextLine(key: string, current: number, count: number): number | null {
  if (key === 'ArrowDown') return Math.min(current + 1, count - 1);
  if (key === 'ArrowUp') return Math.max(current - 1, 0);
  if (key === 'PageDown') return Math.min(current + 20, count - 1);
  if (key === 'PageUp') return Math.max(current - 20, 0);
  if (key === 'Home') return 0;
  return key === 'End' ? count - 1 : null;
}
