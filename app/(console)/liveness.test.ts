import { expect, it } from 'vitest';
import { describeLiveness } from './liveness.ts';

const NOW = Date.parse('2026-11-20T09:00:00.000Z');
const heard = { id: 'a', mode: 'live', heardAt: '2026-11-20T08:59:55.000Z' };
const silent = { id: 'b', mode: 'live', heardAt: '2026-11-20T08:55:00.000Z' };
const replaced = { id: 'c', mode: 'live', heardAt: '2026-11-19T08:55:00.000Z' };

it.each([
  ['a worker that reports', [heard], 'Live'],
  ['a worker that replaced another', [heard, replaced], 'Live'],
  ['no worker at all', [], 'No worker'],
  ['a worker that stopped reporting', [silent], 'Silent'],
  ['one of two workers silent', [heard, silent], 'Degraded'],
  ['a worker without its database', [{ ...heard, mode: 'degraded' }], 'Degraded'],
])('says for %s: %s', (_case, workers, word) => {
  expect(describeLiveness(workers, NOW).word).toBe(word);
});
