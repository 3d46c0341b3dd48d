import { expect, it } from 'vitest';
import { type StageFacts, stageOf, stepsOf } from './stage.ts';

const NOW = Date.parse('2026-11-20T09:00:00.000Z');
const current: StageFacts = {
  state: 'active',
  revision: 8,
  fetchedRevision: 8,
  publicationState: 'published',
  behind: false,
  reason: null,
  lastSeenAt: '2026-11-20T08:58:00.000Z',
};

it.each([
  ['has fetched what is published', {}, 'Current config'],
  ['has an older revision', { fetchedRevision: 7 }, 'Out of date'],
  ['is made of something that changed', { behind: true }, 'Out of date'],
  ['asked, but has not fetched', { fetchedRevision: null }, 'Seen'],
  ['never asked', { fetchedRevision: null, lastSeenAt: null }, 'Never seen'],
  ['has not asked for days', { lastSeenAt: '2026-11-16T08:00:00.000Z' }, 'Silent for 4 days'],
  [
    'has errors',
    { publicationState: 'failing', reason: 'a key is there twice' },
    'Failing: a key is there twice',
  ],
  ['is suspended', { state: 'suspended' }, 'Suspended'],
  ['is suspended and has errors', { state: 'suspended', publicationState: 'failing' }, 'Failing'],
  ['waits for approval', { state: 'discovered' }, 'Needs approval'],
  ['is retired', { state: 'retired' }, 'Retired'],
] as const)('a phone that %s', (_case, change, word) => {
  expect(stageOf({ ...current, ...change }, NOW).word).toBe(word);
});

function stepStates(change: Partial<StageFacts>, refusal: string | null = null): string {
  const steps = stepsOf({ ...current, ...change, lastSeenAddress: null, refusal });
  return steps.map((step) => step.state).join(' ');
}

it('shows every step done when the phone has what is published', () => {
  expect(stepStates({})).toBe('done done done done');
});

it('stops at the first step that is not done, and says why there alone', () => {
  expect(stepStates({ fetchedRevision: null, lastSeenAt: null })).toBe('waiting done ahead ahead');
  expect(stepStates({ fetchedRevision: null })).toBe('done done waiting ahead');
  expect(stepStates({ fetchedRevision: 7 })).toBe('done done done waiting');
  expect(stepStates({ publicationState: 'failing', reason: 'x' })).toBe('done done done wrong');
});

it('names the refusal where a phone was turned away', () => {
  const steps = stepsOf({
    ...current,
    fetchedRevision: null,
    lastSeenAddress: '10.9.0.4',
    refusal: "Refused: 10.9.0.4 is not in this site's networks",
  });
  expect(steps[2]).toMatchObject({ state: 'wrong', detail: expect.stringContaining('10.9.0.4') });
});
