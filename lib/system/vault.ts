/**
 * Everything that the installation's secret key does: sealing values at rest, addressing artifacts, looking tokens up
 * without storing them, and deriving the other secrets of an installation. Each use has a subkey of its own
 * (HKDF-SHA-256, RFC 5869), so that none says anything about another.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';

const VERSION = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 2;
const LARGEST_ARTIFACT_BYTES = 64 * 1024 * 1024;
/** Quality 4 beats deflate by a fifth on cfg files of 2-7 KB, and unpacks as fast. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_LGWIN]: 18 } };

/**
 * `unknown-version`: not sealed by this software. `other-key`: sealed under another secret key. `unreadable`: changed,
 * cut short, or opened at another place than it was sealed for.
 */
export type OpenFailure = 'unknown-version' | 'other-key' | 'unreadable';
export type Opening =
  | { readonly ok: true; readonly value: Buffer }
  | { readonly ok: false; readonly reason: OpenFailure };

export interface Vault {
  /**
   * Seals a value for one place, for example `account.password:<id>`; it can be opened for that place only.
   * Form: version (1 byte), key id (1), IV (12), AES-256-GCM ciphertext, tag (16).
   */
  seal(plain: string | Uint8Array, place: string): Buffer;
  open(sealed: Uint8Array, place: string): Opening;
  /** HMAC-SHA-256 of the content, 64 hex digits: says nothing about the content without the secret key. */
  address(content: Uint8Array): string;
  /** HMAC-SHA-256 of a token or other secret that is looked up, 64 hex digits. `kind` keeps namespaces apart. */
  lookup(kind: string, value: string): string;
  /** Compresses and seals a file for its own address. */
  sealArtifact(content: Uint8Array): Buffer;
  /** Opens, unpacks, and checks that the content has the address. */
  openArtifact(sealed: Uint8Array, address: string): Opening;
  /** A strong entity tag with its quotes (RFC 9110 section 8.8.3), derived from the address. */
  etag(address: string): string;
  /** What the database stores to notice a wrong key; 64 hex digits. */
  checkValue(): string;
  /** 32 bytes for one purpose, for example `next-auth`; the same for ever. */
  deriveSecret(purpose: string): Buffer;
}

/** @param key the installation's secret key, 32 bytes. */
export function createVault(key: Uint8Array): Vault {
  if (key.length !== 32) throw new Error(`The secret key has ${key.length} bytes instead of 32`);
  const valueSealer = createSealer(key, 'seal-value');
  const artifactSealer = createSealer(key, 'seal-artifact');
  const addressKey = preparedKey(key, 'artifact-address');
  const lookupKey = preparedKey(key, 'lookup');
  const etagKey = preparedKey(key, 'etag');
  const address = (content: Uint8Array): string => hmac(addressKey, content).toString('hex');
  return {
    seal: valueSealer.seal,
    open: valueSealer.open,
    address,
    lookup: (kind, value) => hmac(lookupKey, `${kind}\0${value}`).toString('hex'),
    sealArtifact: (content) => artifactSealer.seal(brotliCompressSync(content, BROTLI), address(content)),
    openArtifact: (sealed, expected) => {
      const packed = artifactSealer.open(sealed, expected);
      if (!packed.ok) return packed;
      const value = brotliDecompressSync(packed.value, { maxOutputLength: LARGEST_ARTIFACT_BYTES });
      return address(value) === expected ? { ok: true, value } : { ok: false, reason: 'unreadable' };
    },
    etag: (of) => `"${hmac(etagKey, of).subarray(0, 15).toString('base64url')}"`,
    checkValue: () => subkey(key, 'check').toString('hex'),
    deriveSecret: (purpose) => subkey(key, `derived:${purpose}`),
  };
}

interface Sealer {
  seal(plain: string | Uint8Array, place: string): Buffer;
  open(sealed: Uint8Array, place: string): Opening;
}

function createSealer(secret: Uint8Array, purpose: string): Sealer {
  const key = preparedKey(secret, purpose);
  const keyId = subkey(subkey(secret, purpose), 'key-id')[0] ?? 0;
  const header = Buffer.from([VERSION, keyId]);
  return {
    seal(plain, place) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
      cipher.setAAD(boundTo(header, place));
      const body = typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain);
      return Buffer.concat([header, iv, body, cipher.final(), cipher.getAuthTag()]);
    },
    open(sealed, place) {
      if (sealed[0] !== VERSION) return { ok: false, reason: 'unknown-version' };
      if (sealed[1] !== keyId) return { ok: false, reason: 'other-key' };
      const bodyStart = HEADER_BYTES + IV_BYTES;
      if (sealed.length < bodyStart + TAG_BYTES) return { ok: false, reason: 'unreadable' };
      const iv = sealed.subarray(HEADER_BYTES, bodyStart);
      const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
      decipher.setAAD(boundTo(header, place));
      decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
      try {
        const body = decipher.update(sealed.subarray(bodyStart, sealed.length - TAG_BYTES));
        return { ok: true, value: Buffer.concat([body, decipher.final()]) };
      } catch {
        // node:crypto has no other way to say that the tag does not fit.
        return { ok: false, reason: 'unreadable' };
      }
    },
  };
}

function boundTo(header: Buffer, place: string): Buffer {
  return Buffer.concat([header, Buffer.from(place, 'utf8')]);
}

function subkey(key: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, 'provost', `provost/1/${purpose}`, 32));
}

/** Node converts a key given as bytes at every use, which costs more than the use itself. */
function preparedKey(key: Uint8Array, purpose: string): KeyObject {
  return createSecretKey(subkey(key, purpose));
}

function hmac(key: KeyObject, content: string | Uint8Array): Buffer {
  return createHmac('sha256', key).update(content).digest();
}
