/** Registrars as a device's accounts see them: those of its site chain, nearest first, and the default among them. */
import type { Db } from './client.ts';

export interface ChainRegistrar {
  readonly id: string;
  readonly siteId: string;
  readonly host: string;
  readonly port: number | null;
  readonly transport: string;
}

export interface RegistrarChain {
  /** The account's own registrar, else the nearest default of the chain. */
  effective(registrarId: string | null): ChainRegistrar | null;
  /** The nearest registrar of the chain for which this holds. */
  find(matches: (registrar: ChainRegistrar) => boolean): ChainRegistrar | null;
  add(registrar: ChainRegistrar): void;
}

const FIELDS = { id: true, siteId: true, host: true, port: true, transport: true } as const;

/**
 * @param about `path`: ids from the root site to the device's own; `also`: registrars that accounts name, wherever they
 * belong
 */
export async function readRegistrarChain(
  db: Db,
  about: { readonly path: readonly string[]; readonly also: readonly string[] },
): Promise<RegistrarChain> {
  const sites = await db.site.findMany({
    where: { id: { in: [...about.path] } },
    select: { id: true, defaultRegistrarId: true },
  });
  const leafFirst = about.path.toReversed();
  const defaultId =
    leafFirst.map((id) => sites.find((site) => site.id === id)?.defaultRegistrarId).find((id) => id) ?? null;
  const named = [...about.also, ...(defaultId === null ? [] : [defaultId])];
  const rows: ChainRegistrar[] = await db.registrar.findMany({
    where: { OR: [{ siteId: { in: [...about.path] } }, { id: { in: named } }] },
    select: FIELDS,
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
  const byId = (id: string | null): ChainRegistrar | null => rows.find((row) => row.id === id) ?? null;
  return {
    effective: (registrarId) => byId(registrarId ?? defaultId),
    find: (matches) =>
      leafFirst.flatMap((siteId) => rows.filter((row) => row.siteId === siteId)).find(matches) ?? null,
    add: (registrar) => {
      rows.push(registrar);
    },
  };
}
