import { expect, it } from 'vitest';
import type { PhoneEvent } from '#lib/domain/event.ts';
import { mergeTimeline } from './timeline-entries.ts';

function eventAt(at: string): PhoneEvent {
  const nobody = { deviceId: null, mac: null, siteId: null, rootId: null, address: '10.0.0.7' };
  return {
    ...nobody,
    id: at,
    at,
    kind: 'download',
    worker: 'w',
    summary: 'GET',
    data: { status: 200, file: null },
  };
}

function changeAt(at: string) {
  const shape = { action: 'change', noun: 'device', nounId: 'd', before: null, after: null, siteId: null };
  return { ...shape, id: at, at, actor: 'Anna', summary: 'changed line 1', requestId: null };
}

const events = [eventAt('2026-11-20T09:00'), eventAt('2026-11-20T07:00')];
const changes = [changeAt('2026-11-20T10:00'), changeAt('2026-11-20T08:00'), changeAt('2026-11-20T06:00')];

function hours(edges: { isFirst: boolean; isLast: boolean }): string[] {
  return mergeTimeline(events, changes, edges).map((entry) => entry.at.slice(11, 13));
}

it('puts changes between events by their time, newest first', () => {
  expect(hours({ isFirst: true, isLast: true })).toEqual(['10', '09', '08', '07', '06']);
});

it('leaves changes to the page of events whose time they fall in', () => {
  expect(hours({ isFirst: true, isLast: false })).toEqual(['10', '09', '08', '07']);
  expect(hours({ isFirst: false, isLast: true })).toEqual(['09', '08', '07', '06']);
});

it('tells what an event holds, and leaves out what it does not know', () => {
  const [entry] = mergeTimeline([eventAt('2026-11-20T09:00')], [], { isFirst: true, isLast: true });
  expect(entry?.details).toEqual([
    ['address', '10.0.0.7'],
    ['worker', 'w'],
    ['status', '200'],
  ]);
});
