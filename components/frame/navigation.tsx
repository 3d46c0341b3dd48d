'use client';

import { Inbox, Phone } from 'lucide-react';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { classNames } from '../ui/class-names.ts';

export interface Counts {
  readonly phones: number;
  readonly newPhones: number;
}

interface NavigationProps {
  readonly counts: Counts;
  readonly onNavigate?: () => void;
}

/** The places of the console. */
export function Navigation({ counts, onNavigate }: NavigationProps) {
  const path = usePathname();
  const places = [
    {
      href: '/phones',
      name: 'Phones',
      icon: Phone,
      count: counts.phones,
      calls: false,
    },
    {
      href: '/new-phones',
      name: 'New phones',
      icon: Inbox,
      count: counts.newPhones,
      calls: true,
    },
  ];
  return (
    <nav aria-label="Main">
      <ul className="flex flex-col gap-0.5">
        {places.map(({ href, name, icon: Icon, count, calls }) => {
          const isHere = path === href || path.startsWith(`${href}/`);
          return (
            <li key={href}>
              <Link
                href={href}
                onClick={onNavigate}
                aria-current={isHere ? 'page' : undefined}
                className={classNames(
                  'flex h-8 items-center gap-2.5 rounded px-2 text-14 transition-colors',
                  isHere
                    ? 'bg-surface font-medium text-ink shadow-[inset_0_0_0_1px_var(--color-line)]'
                    : 'text-muted hover:bg-hover hover:text-ink',
                )}
              >
                <Icon aria-hidden className={classNames('size-4', isHere && 'text-accent')} />
                <span className="grow">{name}</span>
                {count > 0 ? (
                  <span
                    className={classNames(
                      'text-12',
                      calls ? 'rounded-full bg-accent px-1.5 font-medium text-on-accent' : 'text-muted',
                    )}
                  >
                    {count.toLocaleString('en-GB')}
                  </span>
                ) : null}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
