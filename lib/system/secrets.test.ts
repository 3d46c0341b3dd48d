import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSecretKey, newToken, openVault, readSecretKey, secretKeyFile } from './secrets.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'provost-secrets-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

test('without a key nothing opens, and the place where it should be is named', () => {
  expect(openVault({ dataDir, secretKey: null })).toEqual({
    ok: false,
    reason: 'missing',
    at: secretKeyFile(dataDir),
  });
});

test('a key is made once, for its owner alone, and leaves nothing else behind', () => {
  const first = createSecretKey(dataDir);
  const second = createSecretKey(dataDir);
  expect(first).toEqual(second);
  expect(first.ok && first.value.length).toBe(32);
  expect(statSync(secretKeyFile(dataDir)).mode & 0o777).toBe(0o600);
  expect(readdirSync(dataDir)).toEqual(['secret.key']);
});

test('the key of the environment wins over the file', () => {
  createSecretKey(dataDir);
  const secretKey = Buffer.alloc(32, 9);
  expect(readSecretKey({ dataDir, secretKey })).toEqual({ ok: true, value: secretKey });
});

test('a cut key file is refused instead of used', () => {
  writeFileSync(secretKeyFile(dataDir), 'AAAA');
  expect(readSecretKey({ dataDir, secretKey: null })).toMatchObject({ ok: false, reason: 'malformed' });
});

test('tokens are 26 characters of base32 and never the same', () => {
  const tokens = Array.from({ length: 1000 }, () => newToken());
  for (const token of tokens) expect(token).toMatch(/^[a-z2-7]{26}$/);
  expect(new Set(tokens).size).toBe(1000);
  expect(newToken(5)).toMatch(/^[a-z2-7]{8}$/);
});
