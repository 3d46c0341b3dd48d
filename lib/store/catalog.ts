/** Everything that is not a device, read at one revision in one snapshot, with secrets opened for compile. */
import type { Registrar } from '#lib/domain/account.ts';
import { transportSchema } from '#lib/domain/account.ts';
import type { Catalog } from '#lib/domain/catalog.ts';
import type { LayerValues } from '#lib/domain/layers.ts';
import { applyOverlay, type Model, modelOverlaySchema } from '#lib/domain/model.ts';
import type { ProfileRule } from '#lib/domain/rule.ts';
import { SITE_KINDS, type Site } from '#lib/domain/site.ts';
import type { Template } from '#lib/domain/template.ts';
import type { Vault } from '#lib/system/secrets.ts';
import { type Db, inTransaction } from './client.ts';
import { toRule } from './rule-rows.ts';
import { type OwnedSettings, readSettings, SETTING_FIELDS, type SettingRow } from './settings.ts';

export interface LoadedCatalog {
  readonly catalog: Catalog;
  readonly revision: bigint;
  /** Sealed values that this secret key does not open. While there are any, nothing is published. */
  readonly unreadable: readonly string[];
}

interface KnownCatalog {
  readonly identity: string;
  readonly catalog: LoadedCatalog;
}

/** The last catalogs that were asked for, by database and revision. Old ones are dropped; they are never changed. */
const cache = new Map<string, LoadedCatalog>();
const CACHED_CATALOGS = 2;
/** Those that are being read: whoever asks for one meanwhile gets the same. */
const reading = new Map<string, Promise<KnownCatalog>>();

/** The current catalog. The same object is returned until its revision moves. */
export async function loadCatalog(db: Db, vault: Vault): Promise<LoadedCatalog> {
  const wanted = await readIdentity(db, vault);
  const known = cache.get(wanted);
  if (known) return known;
  const { identity, catalog } = await (reading.get(wanted) ?? beginReading(db, vault, wanted));
  cache.set(identity, catalog);
  for (const oldest of cache.keys()) {
    if (cache.size <= CACHED_CATALOGS) break;
    cache.delete(oldest);
  }
  return catalog;
}

function beginReading(db: Db, vault: Vault, wanted: string): Promise<KnownCatalog> {
  const begun = inTransaction(db, (tx) => readCatalog(tx, vault), { isolation: 'RepeatableRead' }).finally(
    () => reading.delete(wanted),
  );
  reading.set(wanted, begun);
  return begun;
}

/** The time of the last change is part of it, so that a restored database is not taken for the one before. */
async function readIdentity(db: Db, vault: Vault): Promise<string> {
  const rows = await db.$queryRaw<{ identity: string }[]>`
    SELECT concat_ws(' ', feed_epoch(), catalog_revision,
      (SELECT extract(epoch FROM created_at) FROM catalog_changes ORDER BY revision DESC LIMIT 1)) AS identity
    FROM installation`;
  return `${rows[0]?.identity ?? ''} ${vault.checkValue()}`;
}

async function readCatalog(tx: Db, vault: Vault): Promise<KnownCatalog> {
  const identity = await readIdentity(tx, vault);
  const installation = await tx.installation.findFirstOrThrow({
    select: { catalogRevision: true, publicBase: true },
  });
  const settings = await readLayers(tx, vault);
  const sites = await readSites(tx, settings.bySite);
  const catalog: Catalog = {
    revision: installation.catalogRevision.toString(),
    models: new Map((await readModels(tx)).map((model) => [model.slug, model])),
    sites: new Map(sites.map(({ site }) => [site.id, site])),
    registrars: new Map((await readRegistrars(tx)).map((registrar) => [registrar.id, registrar])),
    templates: await readPublishedTemplates(tx),
    rules: await readRules(tx),
    globalVariables: settings.global.variables,
    globalParameters: settings.global.parameters,
    modelVariables: settings.modelVariables,
    modelParameters: settings.modelParameters,
    installationBase: installation.publicBase,
    reportedBases: Object.fromEntries(
      sites.flatMap(({ site, reportedBase }) => (reportedBase === null ? [] : [[site.id, reportedBase]])),
    ),
  };
  const { unreadable } = settings;
  return { identity, catalog: { catalog, revision: installation.catalogRevision, unreadable } };
}

interface Layers {
  readonly global: OwnedSettings;
  readonly bySite: ReadonlyMap<string, OwnedSettings>;
  readonly modelVariables: Readonly<Record<string, LayerValues>>;
  readonly modelParameters: Readonly<Record<string, LayerValues>>;
  readonly unreadable: readonly string[];
}

async function readLayers(tx: Db, vault: Vault): Promise<Layers> {
  const rows = await tx.setting.findMany({
    where: { layer: { in: ['global', 'model', 'site'] } },
    select: SETTING_FIELDS,
    orderBy: [{ key: 'asc' }, { id: 'asc' }],
  });
  const read = (some: readonly SettingRow[]): OwnedSettings => readSettings(some, vault);
  const bySite = mapValues(
    Map.groupBy(rows.filter(isOf('site')), (row) => row.siteId ?? ''),
    read,
  );
  const byModel = mapValues(
    Map.groupBy(rows.filter(isOf('model')), (row) => row.modelSlug ?? ''),
    read,
  );
  const global = read(rows.filter(isOf('global')));
  return {
    global,
    bySite,
    modelVariables: Object.fromEntries(mapValues(byModel, (owned) => owned.variables)),
    modelParameters: Object.fromEntries(mapValues(byModel, (owned, slug) => ofModel(owned, slug))),
    unreadable: [global, ...bySite.values(), ...byModel.values()].flatMap((owned) => owned.unreadable),
  };
}

function ofModel(owned: OwnedSettings, slug: string): LayerValues {
  return owned.parameters[slug.split('/')[0] ?? ''] ?? {};
}

function isOf(layer: string): (row: SettingRow) => boolean {
  return (row) => row.layer === layer;
}

function mapValues<K, A, B>(map: ReadonlyMap<K, A>, change: (value: A, key: K) => B): Map<K, B> {
  return new Map([...map].map(([key, value]) => [key, change(value, key)]));
}

async function readModels(tx: Db): Promise<Model[]> {
  const rows = await tx.phoneModel.findMany({ orderBy: { slug: 'asc' } });
  return rows.map((row) => {
    const { slug, vendor, name, spellings, lines, keys, modules, moduleKeys, source, unverified } = row;
    const model = { slug, vendor, name, spellings, lines, keys, modules, moduleKeys, source, unverified };
    // An overlay that no longer fits its schema is left out: the shipped figures are true of the phone.
    const overlay = modelOverlaySchema.nullable().safeParse(row.overlay);
    return applyOverlay(model, overlay.success ? overlay.data : null);
  });
}

async function readSites(
  tx: Db,
  settings: ReadonlyMap<string, OwnedSettings>,
): Promise<{ site: Site; reportedBase: string | null }[]> {
  const rows = await tx.site.findMany({ orderBy: { id: 'asc' } });
  return rows.map((row) => ({ site: toSite(row, settings.get(row.id)), reportedBase: row.reportedBase }));
}

export interface SiteRow {
  readonly id: string;
  readonly rootId: string;
  readonly parentId: string | null;
  readonly kind: string;
  readonly slug: string;
  readonly name: string;
  readonly externalId: string | null;
  readonly networks: string[];
  readonly defaultRegistrarId: string | null;
  readonly publicBase: string | null;
  readonly bootstrapCode: string;
  readonly commonFilesFor: string | null;
  readonly enrolmentUntil: Date | null;
  readonly version: number;
}

export function toSite(row: SiteRow, settings: OwnedSettings | undefined): Site {
  const { id, rootId, parentId, slug, name, externalId, networks, defaultRegistrarId, publicBase } = row;
  return {
    ...{ id, rootId, parentId, slug, name, externalId, networks, defaultRegistrarId, publicBase },
    kind: SITE_KINDS.find((kind) => kind === row.kind) ?? 'customer',
    bootstrapCode: row.bootstrapCode,
    commonFilesFor: row.commonFilesFor,
    enrolmentUntil: row.enrolmentUntil?.toISOString() ?? null,
    vendorParameters: settings?.parameters ?? {},
    variables: settings?.variables ?? {},
    version: row.version,
  };
}

async function readRegistrars(tx: Db): Promise<Registrar[]> {
  return (await tx.registrar.findMany({ orderBy: { id: 'asc' } })).map(toRegistrar);
}

export interface RegistrarRow extends Omit<Registrar, 'transport' | 'srtp'> {
  readonly transport: string;
  readonly srtp: string;
}

export function toRegistrar(row: RegistrarRow): Registrar {
  const { id, name, siteId, host, port, secondHost, secondPort, outboundProxy, outboundPort, expiresSec } =
    row;
  return {
    ...{ id, name, siteId, host, port, secondHost, secondPort, outboundProxy, outboundPort, expiresSec },
    transport: transportSchema.catch('udp').parse(row.transport),
    srtp: row.srtp === 'required' || row.srtp === 'optional' ? row.srtp : 'off',
  };
}

async function readPublishedTemplates(tx: Db): Promise<Template[]> {
  const rows = await tx.$queryRaw<(Omit<Template, 'siteId'> & { site_id: string | null })[]>`
    SELECT t.id, t.name, t.kind, t.vendor, t.models, t.site_id, t.mode, v.body, v.number AS version, t.shipped
    FROM templates t JOIN template_versions v ON v.template_id = t.id AND v.number = t.published_version
    ORDER BY t.name COLLATE "C", t.id`;
  return rows.map(({ site_id, ...template }) => ({ ...template, siteId: site_id }));
}

async function readRules(tx: Db): Promise<ProfileRule[]> {
  return (await tx.profileRule.findMany({ orderBy: [{ order: 'asc' }, { id: 'asc' }] })).map(toRule);
}
