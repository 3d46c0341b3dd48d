import { expect, test } from 'vitest';
import { TIME_ZONES } from './time-zones.ts';

/** Independent of the generator: the offset is read off the two clocks. */
function offsetMinutes(zone: string, at: Date): number {
  const shown = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'medium',
  }).format(at);
  return (Date.parse(`${shown.replace(' ', 'T')}Z`) - at.getTime()) / 60_000;
}

test.each([
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Australia/Sydney',
  'America/Sao_Paulo',
  'Pacific/Auckland',
  'UTC',
])('%s has the offsets that the runtime knows', (zone) => {
  const offsets = [0, 6].map((month) => offsetMinutes(zone, new Date(Date.UTC(2026, month, 15, 12))));
  expect(TIME_ZONES[zone]).toEqual([Math.min(...offsets), Math.max(...offsets)]);
});

test('every zone of the runtime is there', () => {
  expect(Intl.supportedValuesOf('timeZone').filter((zone) => !(zone in TIME_ZONES))).toEqual([]);
});
