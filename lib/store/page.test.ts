import { describe, expect, it } from 'vitest';
import { type CursorPart, isCursor, readCursor } from './page.ts';

const ID = '11111111-1111-4111-8111-111111111111';

function cursor(...values: unknown[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

describe('a cursor', () => {
  it.each<[readonly CursorPart[], unknown[]]>([
    [['text'], ['']],
    [
      ['text', 'id'],
      ['Lobby', ID],
    ],
    [
      ['time', 'id'],
      ['2026-11-20T10:19:26.643Z', ID],
    ],
    [
      ['time-or-never', 'id'],
      ['-infinity', ID],
    ],
    [['number'], ['7']],
    [['big-number'], ['999999999999999999']],
  ])('of %j is read: %j', (parts, values) => {
    expect(readCursor({ cursor: cursor(...values) }, parts)).toEqual(values);
  });

  it.each<[readonly CursorPart[], unknown[]]>([
    [['text'], ['a\0b']],
    [['text'], ['\ud800']],
    [['text'], []],
    [['text'], ['a', 'b']],
    [['text'], [7]],
    [['id'], ['x']],
    [['time'], ['2026-99-99T00:00:00.000Z']],
    [['time'], ['2026-02-30T00:00:00.000Z']],
    [['time'], ['2026-11-20 00:00:00+99']],
    [['time'], ['-infinity']],
    [['number'], ['1e400']],
    [['number'], ['-1']],
    [['number'], ['99999999999']],
  ])('of %j is not one of ours: %j', (parts, values) => {
    expect(readCursor({ cursor: cursor(...values) }, parts)).toBeNull();
  });

  it('is told from text that no list gave', () => {
    expect(isCursor(cursor('Lobby', ID))).toBe(true);
    for (const text of ['', 'x', '%00', cursor('Lobby', ID).slice(0, -3), cursor(7)])
      expect(isCursor(text), text).toBe(false);
  });
});
