import { expect, it } from 'vitest';
import { isOwnOrigin } from './origin-check.ts';

const HOST = 'provost.example.net:3000';

it.each([
  ['http://provost.example.net:3000', null, true],
  ['https://provost.example.net:3000', null, true],
  ['https://console.example.net', 'https://console.example.net', true],
  ['https://evil.example', null, false],
  ['https://evil.example', 'https://console.example.net', false],
  ['http://provost.example.net', null, false],
  ['null', null, false],
  [undefined, null, false],
  ['file://provost.example.net:3000', null, false],
  ['http://provost.example.net:3000.evil.example', null, false],
])('takes the origin %s with the configured address %s as ours: %s', (origin, configured, expected) => {
  const headers = new Headers({
    host: HOST,
    ...(origin === undefined ? {} : { origin }),
  });
  expect(isOwnOrigin(headers, configured)).toBe(expected);
});
