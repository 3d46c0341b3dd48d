/**
 * Phones that asked without saying their MAC (AudioCodes), where no neighbour table knew it either. They cannot be
 * entered by themselves: somebody reads the MAC off the phone. An address stands for one phone.
 */

import type { Db } from './client.ts';
import { inTransaction } from './client.ts';
import type { StoreContext } from './context.ts';
import type { Page, PageRequest } from './page.ts';
import { pageLimit, readCursor, toPage } from './page.ts';
import { reachesEverything, sitesWithin } from './reach.ts';

export interface SightingFacts {
  readonly address: string;
  /** The site whose networks hold the address; null: none. */
  readonly siteId: string | null;
  readonly vendor: string | null;
  /** As the phone spells it. */
  readonly model: string | null;
  readonly firmware: string | null;
  readonly userAgent: string | null;
  readonly recognisedBy: string | null;
  readonly rule: string | null;
  readonly worker: string;
}

export interface SightingDocument extends SightingFacts {
  readonly id: string;
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
}

/** Addresses can be made up: beyond this, those that were not seen for longest go. */
const MOST_SIGHTINGS = 1_000;

/** Notes that such a phone asked, again or for the first time. */
export async function noteSighting(db: Db, facts: SightingFacts): Promise<{ readonly created: boolean }> {
  return inTransaction(db, async (tx) => {
    const { address, siteId, ...said } = facts;
    const site =
      siteId === null
        ? null
        : await tx.site.findUnique({ where: { id: siteId }, select: { id: true, rootId: true } });
    const data = { ...said, siteId: site?.id ?? null, rootId: site?.rootId ?? null, lastSeenAt: new Date() };
    const known = await tx.sighting.findUnique({ where: { address }, select: { id: true } });
    if (!known) await makeRoom(tx);
    await tx.sighting.upsert({
      where: { address },
      create: { ...data, address, firstSeenAt: data.lastSeenAt },
      update: data,
    });
    return { created: known === null };
  });
}

/** Newest first. One that no site's networks hold is seen by those who see everything. */
export async function listSightings(
  ctx: StoreContext,
  request: PageRequest = {},
): Promise<Page<SightingDocument>> {
  const limit = pageLimit(request);
  const [before, id] = readCursor(request, ['time', 'id']) ?? [];
  const lastSeenAt = new Date(before ?? 0);
  const after =
    id === undefined ? {} : { OR: [{ lastSeenAt: { lt: lastSeenAt } }, { lastSeenAt, id: { gt: id } }] };
  const within = reachesEverything(ctx.actor, 'read') ? {} : { site: { is: sitesWithin(ctx.actor, 'read') } };
  const rows = await ctx.db.sighting.findMany({
    where: { AND: [after, within] },
    orderBy: [{ lastSeenAt: 'desc' }, { id: 'asc' }],
    take: limit + 1,
  });
  return toPage(rows, limit, {
    keyOf: (row) => [row.lastSeenAt.toISOString(), row.id],
    toItem: ({ rootId: _rootId, ...row }) => ({
      ...row,
      firstSeenAt: row.firstSeenAt.toISOString(),
      lastSeenAt: row.lastSeenAt.toISOString(),
    }),
  });
}

async function makeRoom(tx: Db): Promise<void> {
  if ((await tx.sighting.count()) < MOST_SIGHTINGS) return;
  const oldest = await tx.sighting.findFirst({ orderBy: { lastSeenAt: 'asc' }, select: { id: true } });
  if (oldest) await tx.sighting.delete({ where: { id: oldest.id } });
}
