'use client';

import {
  ArrowDownToLine,
  BellOff,
  BellRing,
  CircleCheckBig,
  CircleX,
  type LucideIcon,
  PencilLine,
  PhoneIncoming,
  Radar,
  ShieldX,
  TriangleAlert,
} from 'lucide-react';
import type { EventKind } from '#lib/domain/event.ts';
import { classNames } from '../ui/class-names.ts';
import { ClockTime } from '../ui/time.tsx';
import { useTimeZone } from '../ui/time-zone.ts';

export interface TimelineEntry {
  readonly id: string;
  readonly at: string;
  readonly kind: EventKind | 'change';
  readonly summary: string;
  readonly details: readonly (readonly [name: string, value: string])[];
}

interface Look {
  readonly icon: LucideIcon;
  readonly colour: string;
  readonly word: string;
}

const LOOKS: Record<TimelineEntry['kind'], Look> = {
  subscribe: { icon: PhoneIncoming, colour: 'text-muted', word: 'asked' },
  'pnp-answer': { icon: BellRing, colour: 'text-accent', word: 'answered' },
  'notify-answered': { icon: BellRing, colour: 'text-ok', word: 'accepted' },
  'notify-silent': { icon: BellOff, colour: 'text-waiting', word: 'silent' },
  download: { icon: ArrowDownToLine, colour: 'text-ok', word: 'fetched' },
  refused: { icon: ShieldX, colour: 'text-wrong', word: 'refused' },
  discovered: { icon: Radar, colour: 'text-waiting', word: 'discovered' },
  'identity-mismatch': {
    icon: TriangleAlert,
    colour: 'text-waiting',
    word: 'mismatch',
  },
  published: { icon: CircleCheckBig, colour: 'text-accent', word: 'published' },
  'publish-failed': {
    icon: CircleX,
    colour: 'text-wrong',
    word: 'not published',
  },
  change: { icon: PencilLine, colour: 'text-muted', word: 'changed' },
};

/** What happened to a phone, newest first, by day. */
export function Timeline({ entries }: { readonly entries: readonly TimelineEntry[] }) {
  const timeZone = useTimeZone();
  return (
    <div className="flex flex-col gap-4">
      {byDay(entries, timeZone).map(([day, ofDay]) => (
        <section key={day} aria-label={day} className="flex flex-col gap-2">
          <h2 className="text-12 font-medium text-muted">{day}</h2>
          <ol className="rounded border border-line bg-surface">
            {ofDay.map((entry) => (
              <TimelineRow key={entry.id} entry={entry} />
            ))}
          </ol>
        </section>
      ))}
    </div>
  );
}

function TimelineRow({ entry }: { readonly entry: TimelineEntry }) {
  const { icon: Icon, colour, word } = LOOKS[entry.kind] ?? LOOKS.change;
  return (
    <li className="hairline-b last:border-0">
      <details className="group">
        <summary className="flex cursor-pointer list-none items-start gap-3 px-3 py-2 text-13 outline-offset-[-2px] transition-colors hover:bg-hover">
          <span className="font-mono text-12 leading-5 text-muted">
            <ClockTime at={entry.at} />
          </span>
          <Icon aria-hidden className={classNames('mt-0.5 size-4 shrink-0', colour)} />
          <span className="min-w-0 grow break-words">
            <span className="sr-only">{`${word}: `}</span>
            {entry.summary}
          </span>
        </summary>
        <dl className="grid grid-cols-[max-content_minmax(0,1fr)] gap-x-4 gap-y-0.5 bg-sunken px-3 py-2 text-12 sm:pl-[6.75rem]">
          {entry.details.map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="text-muted">{name}</dt>
              <dd className="font-mono break-all">{value}</dd>
            </div>
          ))}
        </dl>
      </details>
    </li>
  );
}

function byDay(entries: readonly TimelineEntry[], timeZone: string): [string, TimelineEntry[]][] {
  const days = new Map<string, TimelineEntry[]>();
  for (const entry of entries) {
    const day = new Date(entry.at).toLocaleDateString('en-GB', { dateStyle: 'full', timeZone });
    days.set(day, [...(days.get(day) ?? []), entry]);
  }
  return [...days];
}
