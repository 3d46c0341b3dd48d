import type { Vault } from '#lib/system/secrets.ts';
import type { Db } from './client.ts';

export interface SealedArtifact {
  readonly address: string;
  readonly sealed: Uint8Array;
  /** Size of the clear text. */
  readonly bytes: number;
}

/** Addresses among these that nobody stored yet. */
export async function findMissingArtifacts(db: Db, addresses: readonly string[]): Promise<string[]> {
  const rows = await db.$queryRaw<{ address: string }[]>`
    SELECT a.address FROM unnest(${[...addresses]}::text[]) AS a(address)
    WHERE NOT EXISTS (SELECT FROM artifacts f WHERE f.address = a.address)`;
  return rows.map((row) => row.address);
}

/** In the order of their addresses, so that two that store the same ones wait for each other rather than lock. */
export async function insertArtifacts(tx: Db, artifacts: readonly SealedArtifact[]): Promise<void> {
  if (artifacts.length === 0) return;
  const rows = artifacts.map(({ address, sealed, bytes }) => ({
    address,
    sealed: Buffer.from(sealed).toString('base64'),
    bytes,
  }));
  await tx.$executeRaw`
    INSERT INTO artifacts (address, sealed, bytes)
    SELECT address, decode(sealed, 'base64'), bytes
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS a(address text, sealed text, bytes int)
    ORDER BY address ON CONFLICT (address) DO NOTHING`;
}

/** The clear text of an artifact; null when it is missing or does not open. */
export async function readArtifact(db: Db, vault: Vault, address: string): Promise<string | null> {
  const row = await db.artifact.findUnique({ where: { address }, select: { sealed: true } });
  if (row === null) return null;
  const opened = vault.openArtifact(row.sealed, address);
  return opened.ok ? opened.value.toString('utf8') : null;
}
