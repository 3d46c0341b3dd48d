import { expect, it } from 'vitest';
import { describeError, failureKind } from './failure.ts';

function withCode(code: string, options?: ErrorOptions): Error {
  return Object.assign(new Error('it broke', options), { code });
}

it.each([
  ['a refused connection', withCode('ECONNREFUSED')],
  ['what Prisma says of one', withCode('P1001')],
  ['one inside another error', new Error('query failed', { cause: withCode('57P03') })],
  ['one of several attempts', new AggregateError([withCode('ECONNREFUSED')])],
])('knows an unreachable database by %s', (_case, error) => {
  expect(failureKind(error)).toBe('unavailable');
});

it('takes everything else for a fault of ours', () => {
  expect(failureKind(new TypeError('x is not a function'))).toBe('unexpected');
  expect(failureKind(withCode('P2002'))).toBe('unexpected');
  expect(failureKind('text')).toBe('unexpected');
});

it('leaves out the message of a database client, which can quote values', () => {
  const error = Object.assign(new Error('Invalid value "s3cret"'), { name: 'PrismaClientValidationError' });
  expect(JSON.stringify(describeError(error))).not.toContain('s3cret');
  expect(describeError(new TypeError('x is not a function'))).toMatchObject({
    message: 'x is not a function',
  });
});
