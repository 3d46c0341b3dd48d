/** Phones that nobody entered: listed as discovered, or added by a rule. Whatever the network says of them is data. */
import { SYSTEM } from '#lib/domain/actor.ts';
import { formatMac, type Mac } from '#lib/domain/mac.ts';
import { vendorOfModel } from '#lib/domain/vendors/registry.ts';
import type { Vault } from '#lib/system/secrets.ts';
import { writeAudit } from './audit.ts';
import { type Db, inTransaction } from './client.ts';
import { asSystem, type PublishContext } from './context.ts';
import { lockMac, newDeviceSecrets } from './device-write.ts';
import { publishDevices } from './publications.ts';

export interface DiscoveryFacts {
  readonly mac: Mac;
  /** Vendor slug. */
  readonly vendor: string | null;
  /** Model slug, where the library knows the spelling. */
  readonly model: string | null;
  /** As the phone spells it. */
  readonly modelText: string | null;
  readonly recognisedBy: string | null;
  readonly firmware: string | null;
  readonly userAgent: string | null;
  readonly address: string | null;
  /** The site of its network; null: the installation's first site. */
  readonly siteId: string | null;
  /** Name of the rule that decided. */
  readonly rule: string | null;
  readonly worker: string;
}

export interface Discovery {
  readonly id: string;
  readonly created: boolean;
}

/** A flood of made-up addresses must not fill the database: beyond this, those that were not seen for longest go. */
const MOST_DISCOVERED_PER_SITE = 10_000;

/**
 * Lists a phone that is not in the inventory, or notes that it was seen again. It gets no files and no answer. A phone
 * that was entered meanwhile stays as it is.
 */
export async function discoverPhone(
  db: Db,
  facts: DiscoveryFacts & { readonly vault: Vault },
): Promise<Discovery> {
  return inTransaction(db, async (tx) => {
    await lockMac(tx, facts.mac);
    const known = await findInUse(tx, facts.mac);
    if (known !== null) {
      if (known.state === 'discovered')
        await tx.device.update({ where: { id: known.id }, data: seen(facts) });
      return { id: known.id, created: false };
    }
    const site = await chooseSite(tx, facts.siteId);
    await makeRoom(tx, site.id);
    const id = await insertDevice(tx, facts, { ...site, state: 'discovered', model: facts.model });
    return { id, created: true };
  });
}

/** Adds an unknown phone to a site, as a rule says, and publishes its files. A known phone stays as it is. */
export async function addPhone(
  publish: PublishContext,
  facts: DiscoveryFacts & { readonly siteId: string; readonly model: string | null },
): Promise<Discovery> {
  const { db, vault } = publish;
  const added = await inTransaction(db, async (tx) => {
    await lockMac(tx, facts.mac);
    const known = await findInUse(tx, facts.mac);
    if (known !== null && known.state !== 'discovered') return { id: known.id, created: false };
    const site = await chooseSite(tx, facts.siteId);
    const change = { ...site, state: 'active', model: facts.model };
    const id = known?.id ?? (await insertDevice(tx, { ...facts, vault }, change));
    if (known !== null)
      await tx.device.update({ where: { id }, data: { ...activated(change), ...seen(facts) } });
    await auditAdded(tx, publish, { id, facts, site });
    return { id, created: true };
  });
  if (added.created)
    await publishDevices(publish, [added.id], `added by the rule ${facts.rule ?? 'of its site'}`);
  return added;
}

async function findInUse(tx: Db, mac: string): Promise<{ id: string; state: string } | null> {
  return tx.device.findFirst({
    where: { mac, state: { not: 'retired' } },
    select: { id: true, state: true },
  });
}

interface SiteIds {
  readonly id: string;
  readonly rootId: string;
}

async function chooseSite(tx: Db, siteId: string | null): Promise<SiteIds> {
  const select = { id: true, rootId: true } as const;
  const named = siteId === null ? null : await tx.site.findUnique({ where: { id: siteId }, select });
  return (
    named ?? (await tx.site.findFirstOrThrow({ orderBy: [{ createdAt: 'asc' }, { id: 'asc' }], select }))
  );
}

interface Insertion extends SiteIds {
  readonly state: string;
  readonly model: string | null;
}

async function insertDevice(
  tx: Db,
  facts: DiscoveryFacts & { readonly vault: Vault },
  { id: siteId, rootId, state, model }: Insertion,
): Promise<string> {
  const id = crypto.randomUUID();
  const known = model === null ? null : await tx.phoneModel.findUnique({ where: { slug: model } });
  await tx.device.create({
    data: {
      ...{ id, siteId, rootId, mac: facts.mac, state },
      modelSlug: known?.slug ?? null,
      vendor: known?.vendor ?? facts.vendor,
      ...newDeviceSecrets(facts.vault, id),
      ...seen(facts),
    },
  });
  return id;
}

function activated({ id: siteId, rootId, model }: Insertion) {
  const vendor = vendorOfModel(model)?.slug;
  return {
    ...{ siteId, rootId, state: 'active', version: { increment: 1 } },
    ...(model === null || vendor === undefined ? {} : { modelSlug: model, vendor }),
  };
}

function seen(facts: DiscoveryFacts) {
  const { vendor, modelText, recognisedBy, userAgent, rule, worker } = facts;
  return {
    lastSeenAt: new Date(),
    lastSeenAddress: facts.address,
    firmware: cut(facts.firmware, 64),
    recognised: {
      ...{ vendor, recognisedBy, rule, worker },
      model: cut(modelText, 128),
      userAgent: cut(userAgent, 256),
    },
  };
}

/** Postgres takes no half of a character. */
function cut(text: string | null, longest: number): string | null {
  return text?.slice(0, longest).toWellFormed() ?? null;
}

async function makeRoom(tx: Db, siteId: string): Promise<void> {
  await tx.$executeRaw`
    DELETE FROM devices WHERE id IN (SELECT id FROM devices WHERE site_id = ${siteId}::uuid AND state = 'discovered'
      ORDER BY last_seen_at DESC NULLS LAST OFFSET ${MOST_DISCOVERED_PER_SITE - 1})`;
}

async function auditAdded(
  tx: Db,
  publish: PublishContext,
  { id, facts, site }: { readonly id: string; readonly facts: DiscoveryFacts; readonly site: SiteIds },
): Promise<void> {
  await writeAudit(
    tx,
    { ...asSystem(publish), actor: SYSTEM },
    {
      ...{ action: 'create', noun: 'device', nounId: id, siteId: site.id, rootId: site.rootId },
      summary: `Added ${formatMac(facts.mac)}, as the rule ${facts.rule ?? 'of its site'} says`,
    },
  );
}
