'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { classNames } from './class-names.ts';

export interface TabLink {
  readonly href: string;
  readonly name: string;
}

/** Tabs that are pages: the address says which one is open. */
export function TabLinks({ label, tabs }: { readonly label: string; readonly tabs: readonly TabLink[] }) {
  const path = usePathname();
  return (
    <nav aria-label={label} className="hairline-b -mx-4 flex gap-5 overflow-x-auto px-4 sm:mx-0 sm:px-0">
      {tabs.map((tab) => (
        <Link
          key={tab.href}
          href={tab.href}
          aria-current={path === tab.href ? 'page' : undefined}
          className={classNames(
            '-mb-px border-b-2 py-2 text-14 whitespace-nowrap outline-offset-[-2px] transition-colors',
            path === tab.href
              ? 'border-accent font-medium text-ink'
              : 'border-transparent text-muted hover:text-ink',
          )}
        >
          {tab.name}
        </Link>
      ))}
    </nav>
  );
}
