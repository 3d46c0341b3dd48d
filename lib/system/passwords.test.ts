import { expect, test } from 'vitest';
import { hashPassword, verifyPassword } from './passwords.ts';

test('a password verifies against its own hash only', async () => {
  const stored = await hashPassword('correct horse');
  expect(stored).toMatch(/^\$scrypt\$ln=17,r=8,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  expect(await verifyPassword(stored, 'correct horse')).toBe(true);
  expect(await verifyPassword(stored, 'correct horsf')).toBe(false);
});

test('the same password hashes differently each time', async () => {
  expect(await hashPassword('again')).not.toBe(await hashPassword('again'));
});

test('no user and a damaged hash verify as false', async () => {
  expect(await verifyPassword(null, 'anything')).toBe(false);
  expect(await verifyPassword('$scrypt$broken', 'anything')).toBe(false);
});

test('a hash made with other costs still verifies', async () => {
  const lighter = '$scrypt$ln=4,r=8,p=1$c2FsdC1vZi0xNi1ieXRlcw$cjhiKB4LUMahh1011d8tLDXVzzQKpt+hbGtbvS+7Eu0';
  expect(await verifyPassword(lighter, 'older')).toBe(true);
  expect(await verifyPassword(lighter, 'wrong')).toBe(false);
});
