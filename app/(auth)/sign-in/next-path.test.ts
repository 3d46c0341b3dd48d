import { expect, it } from 'vitest';
import { nextPathOf } from './next-path.ts';

it.each([
  ['/phones/1/files?file=a.cfg', '/phones/1/files?file=a.cfg'],
  [undefined, '/phones'],
  ['//evil.example', '/phones'],
  ['/\\evil.example', '/phones'],
  ['https://evil.example', '/phones'],
  ['/a\nb', '/phones'],
])('goes on from %j to %s', (given, expected) => {
  expect(nextPathOf(given)).toBe(expected);
});
