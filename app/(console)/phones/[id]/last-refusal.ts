import type { PhoneEvent } from '#lib/domain/event.ts';

/** Why the phone was turned away last, unless it was served after that. */
export function lastRefusal(newestFirst: readonly PhoneEvent[], fetchedAt: string | null): string | null {
  const newest = newestFirst.find((event) => event.kind === 'refused' || event.kind === 'download');
  if (newest?.kind !== 'refused') return null;
  const isOlder = fetchedAt !== null && Date.parse(newest.at) < Date.parse(fetchedAt);
  return isOlder ? null : newest.summary;
}
