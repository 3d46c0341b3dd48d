/** From rows to what replies and pages show. */

import { transportSchema } from '#lib/domain/account.ts';
import { reachOf, type Scope } from '#lib/domain/actor.ts';
import type { DeviceDocument, LineDocument, PublicationDocument } from '#lib/domain/device-document.ts';
import type { Finding } from '#lib/domain/finding.ts';
import type { Prisma } from '#prisma/generated/client.ts';
import { IS_BEHIND } from './catalog-scope.ts';
import type { Db } from './client.ts';
import type { StoreContext } from './context.ts';
import { DEVICE_FIELDS, toKey, toState } from './device-rows.ts';
import { sitesWithin } from './reach.ts';
import { type RegistrarChain, readRegistrarChain } from './registrar-chain.ts';
import { describeSettings, readSettings } from './settings.ts';

export const DOCUMENT_FIELDS = {
  ...DEVICE_FIELDS,
  compiledVersion: true,
  publicationState: true,
  findings: true,
  publishedAt: true,
  fetchedRevision: true,
  fetchedAt: true,
  lastSeenAt: true,
  lastSeenAddress: true,
  firmware: true,
  recognised: true,
  createdAt: true,
  updatedAt: true,
  tokenLookup: true,
  site: { select: { slug: true, path: true } },
} satisfies Prisma.DeviceSelect;

export type DocumentRow = Prisma.DeviceGetPayload<{ select: typeof DOCUMENT_FIELDS }>;

/** A device that the actor may touch in this way; null when there is none. */
export function findDevice(
  db: Db,
  ctx: StoreContext,
  { where, scope }: { readonly where: Prisma.DeviceWhereInput; readonly scope: Scope },
): Promise<DocumentRow | null> {
  const within = reachOf(ctx.actor, scope) === 'all' ? {} : { site: sitesWithin(ctx.actor, scope) };
  return db.device.findFirst({
    where: { AND: [where, within] },
    select: DOCUMENT_FIELDS,
    orderBy: { createdAt: 'desc' },
  });
}

export async function describeDevice(db: Db, row: DocumentRow): Promise<DeviceDocument> {
  const accounts = row.lines.flatMap((line) => (line.accountId === null ? [] : [line.accountId]));
  const chain = await readRegistrarChain(db, {
    path: row.site.path,
    also: row.lines.flatMap((line) => (line.account?.registrarId ? [line.account.registrarId] : [])),
  });
  const shared = await findSharedAccounts(db, accounts);
  const settings = readSettings(row.settings, null);
  const variables = describeSettings(settings.variables);
  const parameters = describeSettings(settings.parameters[''] ?? {});
  const { id, mac, serial, vendor, siteId, label, person, location, tags, externalId, version, revision } =
    row;
  return {
    ...{
      id,
      mac,
      serial,
      vendor,
      model: row.modelSlug,
      site: row.site.slug,
      siteId,
      state: toState(row.state),
    },
    ...{ label, person, location },
    lines: row.lines.map((line) => describeLine(line, chain, shared)),
    modules: row.modules,
    keys: row.keys.map(toKey),
    variables: variables.shown,
    parameters: Object.fromEntries(
      Object.entries(parameters.shown).map(([key, value]) => [key, String(value)]),
    ),
    secrets: { variables: variables.hidden, parameters: parameters.hidden },
    ...{ tags, externalId, version, revision },
    publication: describePublication(row),
    behind: await isBehind(db, id),
    ...describeSightings(row),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

/** What is known of the phone itself. */
function describeSightings(row: DocumentRow) {
  return {
    fetchedRevision: row.fetchedRevision,
    fetchedAt: toIso(row.fetchedAt),
    lastSeenAt: toIso(row.lastSeenAt),
    lastSeenAddress: row.lastSeenAddress,
    firmware: row.firmware,
    recognised: toTexts(row.recognised),
    publishedAt: toIso(row.publishedAt),
  };
}

/** Desire that was saved and not compiled yet is queued, whatever became of the version before. */
export function describePublication(row: {
  readonly version: number;
  readonly compiledVersion: number;
  readonly publicationState: string;
  readonly findings: unknown;
}): PublicationDocument {
  const findings = toFindings(row.findings);
  const stored = row.publicationState === 'failing' || row.publicationState === 'published';
  const isCompiled = row.version === row.compiledVersion && stored;
  return {
    state: isCompiled ? (row.publicationState === 'failing' ? 'failing' : 'published') : 'queued',
    errors: findings.filter((finding) => finding.severity === 'error'),
    warnings: findings.filter((finding) => finding.severity === 'warning'),
  };
}

function describeLine(
  line: DocumentRow['lines'][number],
  chain: RegistrarChain,
  shared: ReadonlySet<string>,
): LineDocument {
  const { index, enabled, label, account } = line;
  const registrar = account === null ? null : chain.effective(account.registrarId);
  return {
    ...{ index, enabled, label },
    account: account?.id ?? null,
    displayName: account?.displayName ?? null,
    userName: account?.userName ?? null,
    authName: account?.authName ?? null,
    hasPassword: account !== null && account.sealedPassword !== null,
    voicemail: account?.voicemail ?? null,
    sipServer: registrar?.host ?? null,
    sipPort: registrar?.port ?? null,
    transport: registrar ? transportSchema.catch('udp').parse(registrar.transport) : null,
    shared: account !== null && shared.has(account.id),
  };
}

/** Accounts among these that more than one line of devices in use has. */
export async function findSharedAccounts(
  db: Db,
  accountIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (accountIds.length === 0) return new Set();
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT l.account_id AS id FROM lines l JOIN devices d ON d.id = l.device_id
    WHERE l.account_id = ANY (${[...accountIds]}::uuid[]) AND d.state <> 'retired'
    GROUP BY l.account_id HAVING count(*) > 1`;
  return new Set(rows.map((row) => row.id));
}

async function isBehind(db: Db, id: string): Promise<boolean> {
  const rows = await db.$queryRaw<{ behind: boolean }[]>`
    SELECT ${IS_BEHIND} AS behind FROM devices d JOIN sites s ON s.id = d.site_id WHERE d.id = ${id}::uuid`;
  return rows[0]?.behind ?? false;
}

export function toFindings(value: unknown): readonly Finding[] {
  return Array.isArray(value) ? value.filter(isFinding) : [];
}

function isFinding(value: unknown): value is Finding {
  return typeof value === 'object' && value !== null && 'severity' in value && 'reason' in value;
}

export function toTexts(value: unknown): Readonly<Record<string, string | null>> | null {
  if (typeof value !== 'object' || value === null) return null;
  const entries = Object.entries(value).map(([key, text]) => [key, typeof text === 'string' ? text : null]);
  return Object.fromEntries(entries);
}

export function toIso(date: Date | null): string | null {
  return date?.toISOString() ?? null;
}
