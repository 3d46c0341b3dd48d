import type { Db } from './client.ts';

/**
 * Keeps the catalog as it is until the transaction ends. True when what was compiled with this revision is still right:
 * since then, at most changes were made that concern nobody's files, such as a new site.
 */
export async function holdCatalog(tx: Db, compiledWith: bigint): Promise<boolean> {
  const rows = await tx.$queryRaw<{ revision: bigint }[]>`
    SELECT catalog_revision AS revision FROM installation FOR SHARE`;
  const revision = rows[0]?.revision;
  if (revision === undefined || revision < compiledWith) return false;
  if (revision === compiledWith) return true;
  // A statement of its own: one that waits for a lock sees other tables as they were before it waited.
  const inert = await tx.$queryRaw<{ count: bigint }[]>`
    SELECT count(*) FROM catalog_changes WHERE inert AND revision > ${compiledWith} AND revision <= ${revision}`;
  return inert[0]?.count === revision - compiledWith;
}
