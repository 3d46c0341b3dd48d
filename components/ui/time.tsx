'use client';

import { useEffect, useState } from 'react';
import { relativeTime } from './quantity.ts';
import { useTimeZone } from './time-zone.ts';

/** How long ago. `now` is the server's clock when the page was made, so that both draw the same. */
export function TimeAgo({ at, now }: { readonly at: string; readonly now: number }) {
  const [nowMs, setNowMs] = useState(now);
  useEffect(() => {
    setNowMs(now);
    const start = Date.now();
    const timer = setInterval(() => setNowMs(now + Date.now() - start), 20_000);
    return () => clearInterval(timer);
  }, [now]);
  return (
    <time dateTime={at} title={at} className="whitespace-nowrap">
      {relativeTime(at, nowMs)}
    </time>
  );
}

/** `09:19:41` in the reader's zone. */
export function ClockTime({ at }: { readonly at: string }) {
  return <Moment at={at} options={{ timeStyle: 'medium' }} />;
}

/** `20 Nov 2026, 09:19:41` in the reader's zone. */
export function DateTime({ at }: { readonly at: string }) {
  return <Moment at={at} options={{ dateStyle: 'medium', timeStyle: 'medium' }} />;
}

interface MomentProps {
  readonly at: string;
  readonly options: Intl.DateTimeFormatOptions;
}

function Moment({ at, options }: MomentProps) {
  const timeZone = useTimeZone();
  return (
    <time dateTime={at} title={at} className="whitespace-nowrap">
      {new Date(at).toLocaleString('en-GB', { ...options, timeZone })}
    </time>
  );
}
