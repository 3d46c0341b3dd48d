'use client';

import { useEffect, useState } from 'react';
import { relativeTime } from './quantity.ts';

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

/** Hours, minutes, seconds in the reader's zone; UTC until the page is awake. */
export function ClockTime({ at, withDate = false }: { readonly at: string; readonly withDate?: boolean }) {
  const [text, setText] = useState(withDate ? at.slice(0, 19).replace('T', ' ') : at.slice(11, 19));
  useEffect(() => setText(localTime(new Date(at), withDate)), [at, withDate]);
  return (
    <time dateTime={at} title={at} className="whitespace-nowrap">
      {text}
    </time>
  );
}

function localTime(date: Date, withDate: boolean): string {
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':');
  if (!withDate) return time;
  return `${[date.getFullYear(), date.getMonth() + 1, date.getDate()].map(twoDigits).join('-')} ${time}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
