import { changeCatalog, EVERYTHING } from './catalog-changes.ts';
import type { Db } from './client.ts';
import { asSystem, type PublishContext } from './context.ts';

export interface Installation {
  /** Check value of the secret key that sealed this database. */
  readonly keyCheck: string;
  readonly feedEpoch: string;
  readonly catalogRevision: bigint;
  /** PROVOST_PUBLIC_BASE as a worker last reported it. */
  readonly publicBase: string | null;
}

/** Null: the database was never seeded. */
export async function readInstallation(db: Db): Promise<Installation | null> {
  return db.installation.findFirst({
    select: { keyCheck: true, feedEpoch: true, catalogRevision: true, publicBase: true },
  });
}

/** Base of URLs for phones where no site says another. A changed one is a change of the catalog for every device. */
export async function setPublicBase(publish: PublishContext, base: string | null): Promise<void> {
  const now = await readInstallation(publish.db);
  if (now === null || now.publicBase === base) return;
  await changeCatalog(asSystem(publish), async (tx) => {
    const before = await tx.installation.findFirstOrThrow({ select: { publicBase: true } });
    await tx.installation.updateMany({ data: { publicBase: base } });
    const scope = before.publicBase === base ? null : EVERYTHING;
    const summary = `Phones find their files at ${base ?? 'the address that faces them'}`;
    const audit = {
      action: 'change',
      noun: 'installation',
      nounId: '1',
      summary,
      before,
      after: { publicBase: base },
    } as const;
    return { ok: true, value: null, scope, audit };
  });
}
