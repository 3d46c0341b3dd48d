import { expect, it } from 'vitest';
import type { PhoneEvent } from '#lib/domain/event.ts';
import { lastRefusal } from './last-refusal.ts';

function event(kind: PhoneEvent['kind'], at: string): PhoneEvent {
  return {
    id: at,
    at,
    kind,
    deviceId: null,
    mac: null,
    siteId: null,
    rootId: null,
    worker: 'w',
    address: null,
    summary: `${kind} at ${at}`,
    data: {},
  };
}

const refused = event('refused', '2026-11-20T09:00:00.000Z');
const download = event('download', '2026-11-20T09:00:05.000Z');

it('names the newest refusal while nothing was served after it', () => {
  expect(lastRefusal([refused, event('download', '2026-11-20T08:00:00.000Z')], null)).toBe(refused.summary);
  expect(lastRefusal([event('subscribe', '2026-11-20T09:00:09.000Z'), refused], null)).toBe(refused.summary);
});

it('forgets a refusal once the phone was served', () => {
  expect(lastRefusal([download, refused], null)).toBeNull();
  expect(lastRefusal([refused], '2026-11-20T09:00:05.000Z')).toBeNull();
  expect(lastRefusal([], null)).toBeNull();
});
