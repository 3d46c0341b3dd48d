import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { describeProblem, PROBLEMS, type ProblemName } from './problem.ts';

const names = Object.keys(PROBLEMS) as ProblemName[];

it('keeps the page about problems complete, with the statuses that are sent', () => {
  const page = readFileSync('docs/api/problems.md', 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (\d{3}) \|/gm)].map(
    ([, name, status]) => `${name} ${status}`,
  );
  expect(rows.sort()).toEqual(names.map((name) => `${name} ${PROBLEMS[name].status}`).sort());
});

it('tells what is wrong in each place, or at least what is wrong at all', () => {
  const facts = { requestId: 'r-1', instance: '/api/v1/devices' };
  const errors = [{ pointer: '/lines/0/sipPort', detail: 'must be a port number' }];
  expect(describeProblem('invalid', { ...facts, errors })).toEqual({
    type: 'urn:provost:problem:invalid',
    title: 'The values are not valid',
    status: 422,
    detail: 'must be a port number',
    instance: '/api/v1/devices',
    requestId: 'r-1',
    errors,
  });
  expect(describeProblem('not-found', facts)).not.toHaveProperty('errors');
  expect(describeProblem('not-found', { ...facts, errors: [] }).detail).not.toBe('');
});
