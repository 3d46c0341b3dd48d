import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createVault } from './vault.ts';

const vault = createVault(Buffer.alloc(32, 1));
const other = createVault(Buffer.alloc(32, 2));
const bytes = fc.uint8Array({ maxLength: 300 });

test('what was sealed for a place opens at that place', () => {
  fc.assert(
    fc.property(bytes, fc.string(), (plain, place) => {
      expect(vault.open(vault.seal(plain, place), place)).toEqual({ ok: true, value: Buffer.from(plain) });
    }),
  );
});

test('any flipped bit fails to open', () => {
  fc.assert(
    fc.property(bytes, fc.nat(), (plain, at) => {
      const sealed = vault.seal(plain, 'account.password:1');
      const bit = at % (sealed.length * 8);
      sealed[bit >> 3] = (sealed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(vault.open(sealed, 'account.password:1').ok).toBe(false);
    }),
  );
});

test('any shortened blob fails to open', () => {
  const sealed = vault.seal('s3cret', 'a');
  for (let length = 0; length < sealed.length; length += 1)
    expect(vault.open(sealed.subarray(0, length), 'a').ok).toBe(false);
});

test('two swapped columns are both unreadable', () => {
  const password = vault.seal('s3cret', 'account.password:1');
  const token = vault.seal('t0ken', 'device.token:1');
  expect(vault.open(password, 'device.token:1')).toEqual({ ok: false, reason: 'unreadable' });
  expect(vault.open(token, 'account.password:1')).toEqual({ ok: false, reason: 'unreadable' });
});

test('the same value sealed twice looks different', () => {
  expect(vault.seal('s3cret', 'a').equals(vault.seal('s3cret', 'a'))).toBe(false);
});

test('another key opens nothing and says so', () => {
  expect(other.open(vault.seal('s3cret', 'a'), 'a')).toEqual({ ok: false, reason: 'other-key' });
});

test('an artifact comes back byte for byte, and only under its address', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5000 }), (content) => {
      const sealed = vault.sealArtifact(content);
      expect(vault.openArtifact(sealed, vault.address(content))).toEqual({
        ok: true,
        value: Buffer.from(content),
      });
      expect(vault.openArtifact(sealed, vault.address(Buffer.from('other'))).ok).toBe(false);
    }),
  );
});

test('any flipped bit of an artifact fails to open', () => {
  const content = Buffer.from('account.1.enable = 1\n'.repeat(40));
  fc.assert(
    fc.property(fc.nat(), (at) => {
      const sealed = vault.sealArtifact(content);
      const bit = at % (sealed.length * 8);
      sealed[bit >> 3] = (sealed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(vault.openArtifact(sealed, vault.address(content)).ok).toBe(false);
    }),
  );
});

test('a repetitive file is stored small', () => {
  const content = Buffer.from('account.1.enable = 1\n'.repeat(200));
  expect(vault.sealArtifact(content).length).toBeLessThan(content.length / 10);
});

test('addresses, look-ups, tags and derived secrets depend on the key and on their purpose', () => {
  const content = Buffer.from('text');
  expect(vault.address(content)).toMatch(/^[0-9a-f]{64}$/);
  expect(vault.address(content)).not.toBe(other.address(content));
  expect(vault.lookup('token', 'text')).not.toBe(vault.lookup('mac', 'text'));
  expect(vault.lookup('token', 'text')).not.toBe(vault.address(content));
  expect(vault.etag(vault.address(content))).toMatch(/^"[\w-]{20}"$/);
  expect(vault.checkValue()).not.toBe(other.checkValue());
  expect(vault.deriveSecret('next-auth')).toHaveLength(32);
  expect(vault.deriveSecret('next-auth')).not.toEqual(vault.deriveSecret('server-actions'));
});

test('derived values never change, or sealed data of old installations would be lost', () => {
  expect(vault.address(Buffer.from('text'))).toMatchInlineSnapshot(
    `"773490be1959cc5d7523f825d93deff7dda7a33c775e1eda9d8e2422695c1235"`,
  );
  expect(vault.lookup('token', 'abc')).toMatchInlineSnapshot(
    `"605a6d52e16b7879484ca33ec056b955228e1ae87da896fecb858ea0454ec080"`,
  );
  expect(vault.etag('00')).toMatchInlineSnapshot(`""NvLWHy_tJmGDdhkz3HxE""`);
  expect(vault.checkValue()).toMatchInlineSnapshot(
    `"3bc002466f286792520bc51f8de650ca79a5d8018f26a73a05961a1337ebff32"`,
  );
  const sealedLongAgo = 'ATF+fYWa0asmfLDEd6IQWLrFKHX6u02PCfp6g0Wqf2KkfkUN';
  expect(vault.open(Buffer.from(sealedLongAgo, 'base64'), 'account.password:1')).toEqual({
    ok: true,
    value: Buffer.from('s3cret'),
  });
});
