'use client';

import { useSyncExternalStore } from 'react';

/** The reader's time zone; UTC on the server and until the page is awake, so that both draw the same. */
export function useTimeZone(): string {
  return useSyncExternalStore(neverChanges, readZone, serverZone);
}

function neverChanges(): () => void {
  return () => undefined;
}

function readZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function serverZone(): string {
  return 'UTC';
}
