import { createHmac, createSecretKey } from 'node:crypto';
import type { Vault } from '#lib/system/vault.ts';

const CHECK_BYTES = 16;

/**
 * What makes a changed, lost or resurrected row of the replica noticeable: a keyed check for each row, and the
 * exclusive or of all checks, which changes with every row that comes, goes or changes.
 */
export interface RowChecks {
  /** HMAC-SHA-256, cut to 16 bytes. */
  checkRow(kind: string, key: string, body: string): Buffer;
}

export function createRowChecks(vault: Vault): RowChecks {
  const secret = createSecretKey(vault.deriveSecret('replica-check'));
  return {
    checkRow: (kind, key, body) =>
      createHmac('sha256', secret).update(`${kind}\0${key}\0${body}`).digest().subarray(0, CHECK_BYTES),
  };
}

/** The check of a set of rows. Adding a row that is in it takes it out again. */
export class SetCheck {
  readonly #bytes = Buffer.alloc(CHECK_BYTES);

  static fromHex(hex: string): SetCheck {
    const set = new SetCheck();
    Buffer.from(hex, 'hex').copy(set.#bytes);
    return set;
  }

  toggle(check: Uint8Array): void {
    for (let index = 0; index < CHECK_BYTES; index += 1)
      this.#bytes[index] = (this.#bytes[index] ?? 0) ^ (check[index] ?? 0);
  }

  get isEmpty(): boolean {
    return this.#bytes.every((byte) => byte === 0);
  }

  toHex(): string {
    return this.#bytes.toString('hex');
  }
}
