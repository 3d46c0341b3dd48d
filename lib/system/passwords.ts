import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** N = 2^17, r = 8, p = 1: 128 MiB and about 0.3 s, the OWASP recommendation for scrypt (RFC 7914). */
const COST = { logN: 17, r: 8, p: 1 };
const HASH_BYTES = 32;
const FORM = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/]{16,})\$([\w+/]{16,})$/;

/** Hashes a password for storage, in the PHC string form `$scrypt$ln=17,r=8,p=1$<salt>$<hash>`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, { ...COST, bytes: HASH_BYTES });
  return `$scrypt$ln=${COST.logN},r=${COST.r},p=${COST.p}$${unpadded(salt)}$${unpadded(hash)}`;
}

/**
 * Compares in constant time. With `stored` null (no such user) it works as long as for a real one and says false, so
 * that the time of an answer does not tell which users exist.
 */
export async function verifyPassword(stored: string | null, password: string): Promise<boolean> {
  const [, logN, r, p, salt, hash] = FORM.exec(stored ?? '') ?? [];
  if (salt === undefined || hash === undefined) {
    await derive(password, Buffer.alloc(16), { ...COST, bytes: HASH_BYTES });
    return false;
  }
  const expected = Buffer.from(hash, 'base64');
  const cost = { logN: Number(logN), r: Number(r), p: Number(p), bytes: expected.length };
  return timingSafeEqual(await derive(password, Buffer.from(salt, 'base64'), cost), expected);
}

interface Cost {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
  readonly bytes: number;
}

function derive(password: string, salt: Buffer, cost: Cost): Promise<Buffer> {
  const N = 2 ** cost.logN;
  const options = { N, r: cost.r, p: cost.p, maxmem: 256 * N * cost.r };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, cost.bytes, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
