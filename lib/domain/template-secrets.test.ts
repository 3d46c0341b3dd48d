import { describe, expect, it } from 'vitest';
import { findLiteralSecrets } from './template-secrets.ts';
import { flyingvoice } from './vendors/flyingvoice.ts';

describe('secrets written into a template', () => {
  it.each([
    ['a password', 'a.b=1\naccount.1.password=hunter2', [{ line: 2, key: 'account.1.password' }]],
    ['a password that a variable gives', 'account.1.password={{ adminPassword }}', []],
    ['an empty one', 'account.1.password=', []],
    ['another key', 'account.1.label=hunter2', []],
    [
      'Liquid around',
      '{% if syslogServer %}\naccount.1.password=x\n{% endif %}',
      [{ line: 2, key: 'account.1.password' }],
    ],
    ['a comment', '# account.1.password=x', []],
  ])('%s', (_, body, expected) => {
    expect(findLiteralSecrets(flyingvoice, body)).toEqual(expected);
  });

  it('are not in the shipped templates', () => {
    for (const { body } of flyingvoice.templates) expect(findLiteralSecrets(flyingvoice, body)).toEqual([]);
  });
});
