/** Where the installation's secret key is kept, and the making of new secrets. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import type { Environment } from './env.ts';
import { createVault, type Vault } from './vault.ts';

export { createVault, type OpenFailure, type Opening, type Vault } from './vault.ts';

type KeyPlace = Pick<Environment, 'dataDir' | 'secretKey'>;

/** `missing`: neither in the environment nor in the data directory. `malformed`: the file does not hold 32 bytes of base64. */
export type KeyReading =
  | { readonly ok: true; readonly value: Buffer }
  | { readonly ok: false; readonly reason: 'missing' | 'malformed'; readonly at: string };

export type VaultReading =
  | { readonly ok: true; readonly value: Vault }
  | { readonly ok: false; readonly reason: 'missing' | 'malformed'; readonly at: string };

/** Opens the vault with the key of PROVOST_SECRET_KEY, else of the key file. Makes no key. `at` is the file's path. */
export function openVault(place: KeyPlace): VaultReading {
  const key = readSecretKey(place);
  return key.ok ? { ok: true, value: createVault(key.value) } : key;
}

export function secretKeyFile(dataDir: string): string {
  return path.join(dataDir, 'secret.key');
}

export function readSecretKey(place: KeyPlace): KeyReading {
  if (place.secretKey !== null) return { ok: true, value: place.secretKey };
  const file = secretKeyFile(place.dataDir);
  const text = readIfPresent(file);
  if (text === null) return { ok: false, reason: 'missing', at: file };
  const key = Buffer.from(text.trim(), 'base64');
  return key.length === 32 ? { ok: true, value: key } : { ok: false, reason: 'malformed', at: file };
}

/**
 * Makes the key file, mode 0600, and returns its key; returns the key that is there if another process was faster.
 * The file appears whole or not at all: it is written and synced under another name, then linked.
 */
export function createSecretKey(dataDir: string): KeyReading {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = secretKeyFile(dataDir);
  const draft = `${file}.${process.pid}.${newToken(5)}`;
  writeSynced(draft, `${randomBytes(32).toString('base64')}\n`);
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  } finally {
    unlinkSync(draft);
  }
  syncFolder(dataDir);
  return readSecretKey({ dataDir, secretKey: null });
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** A random token, base32 (RFC 4648) in lower case without padding: 16 bytes give 26 characters, fit for URLs and phones. */
export function newToken(bytes = 16): string {
  let bits = 0;
  let value = 0;
  let token = '';
  for (const byte of randomBytes(bytes)) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      token += BASE32[(value >> bits) & 31];
    }
  }
  return bits === 0 ? token : token + BASE32[(value << (5 - bits)) & 31];
}

function readIfPresent(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  }
}

function writeSynced(file: string, content: string): void {
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    writeSync(descriptor, content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
