/** Profile rules: which URL a phone gets, and what happens to an unknown one. Workers follow them through the feed. */
import { may, reachOf } from '#lib/domain/actor.ts';
import type { ProfileRule } from '#lib/domain/rule.ts';
import type { RuleInput } from '#lib/domain/rule-input.ts';
import { findVendor } from '#lib/domain/vendors/registry.ts';
import type { Prisma } from '#prisma/generated/client.ts';
import type { AuditInput } from './audit.ts';
import { changeCatalog, type Written } from './catalog-changes.ts';
import type { Db } from './client.ts';
import type { StoreContext } from './context.ts';
import type { Effect } from './effect.ts';
import { invalid, type Outcome, type Refusal, refuse } from './outcome.ts';
import { findSitePlace, isId, sitesWithin } from './reach.ts';
import { toRule } from './rule-rows.ts';

export interface RuleDocument extends ProfileRule {
  readonly shipped: boolean;
}

type RuleRow = Prisma.ProfileRuleGetPayload<object>;

/** In the order in which they are tried. Those without a site are seen by everybody: they decide for everybody. */
export async function listRules(ctx: StoreContext): Promise<readonly RuleDocument[]> {
  if (!may(ctx.actor, 'read')) return [];
  const own = { matchSite: sitesWithin(ctx.actor, 'read') };
  const within = reachOf(ctx.actor, 'read') === 'all' ? {} : { OR: [{ matchSiteId: null }, own] };
  const rows = await ctx.db.profileRule.findMany({
    where: within,
    orderBy: [{ order: 'asc' }, { id: 'asc' }],
  });
  return rows.map(toDocument);
}

export async function getRule(ctx: StoreContext, id: string): Promise<RuleDocument | null> {
  return (await listRules(ctx)).find((rule) => rule.id === id) ?? null;
}

export type RuleOutcome = Outcome<{ readonly rule: RuleDocument; readonly effect: Effect }>;

/** Needs a name; behind all others unless `order` is given. */
export async function createRule(ctx: StoreContext, input: RuleInput): Promise<RuleOutcome> {
  if (!may(ctx.actor, 'write')) return refuse('forbidden');
  const { name } = input;
  if (name === undefined) return invalid('/name', 'is needed');
  return saveRule(ctx, async (tx) => {
    const columns = await toColumns(tx, ctx, input);
    if (!columns.ok) return columns;
    const refusal = refuseColumns(ctx, { ...EMPTY, ...columns.data });
    if (refusal) return refusal;
    const last = await tx.profileRule.aggregate({ _max: { order: true } });
    const order = input.order ?? (last._max.order ?? 0) + 10;
    const row = await tx.profileRule.create({ data: { ...EMPTY, ...columns.data, name, order } });
    return written(toDocument(row), { action: 'create', summary: `Added the rule ${name}` });
  });
}

const EMPTY = { unknown: 'ignore', matchSiteId: null, siteId: null, modelSlug: null } as const;

export async function updateRule(
  ctx: StoreContext,
  id: string,
  { input, version }: { readonly input: RuleInput; readonly version?: number | undefined },
): Promise<RuleOutcome> {
  if (!may(ctx.actor, 'write')) return refuse('forbidden');
  return saveRule(ctx, async (tx) => {
    const row = await findWritable(tx, ctx, id);
    if (row === null) return refuse('not-found');
    if (version !== undefined && version !== row.version) return refuse('stale');
    const columns = await toColumns(tx, ctx, input);
    if (!columns.ok) return columns;
    const changed = Object.entries(columns.data).filter(
      ([name, value]) => stable(value) !== stable(Reflect.get(row, name)),
    );
    const refusal = refuseColumns(ctx, { ...row, ...columns.data });
    if (refusal) return refusal;
    if (changed.length === 0)
      return { ...written(toDocument(row), { action: 'change', summary: '' }), scope: null };
    const data = { ...columns.data, version: { increment: 1 } };
    const after = toDocument(await tx.profileRule.update({ where: { id }, data }));
    const summary = `Changed ${changed.map(([name]) => name).join(', ')} of the rule ${after.name}`;
    return written(after, { action: 'change', summary, before: toDocument(row) });
  });
}

export async function deleteRule(
  ctx: StoreContext,
  id: string,
  { version }: { readonly version?: number | undefined } = {},
): Promise<Outcome<{ readonly effect: Effect }>> {
  if (!may(ctx.actor, 'write')) return refuse('forbidden');
  return changeCatalog(ctx, async (tx) => {
    const row = await findWritable(tx, ctx, id);
    if (row === null) return refuse('not-found');
    if (version !== undefined && version !== row.version) return refuse('stale');
    await tx.profileRule.delete({ where: { id } });
    const before = toDocument(row);
    return {
      ...written(before, { action: 'delete', summary: `Deleted the rule ${row.name}`, before }),
      value: null,
    };
  });
}

/** Rules in a new order. Ids that are left out keep their places behind those that are named. */
export async function reorderRules(
  ctx: StoreContext,
  ids: readonly string[],
): Promise<Outcome<{ readonly rules: readonly RuleDocument[]; readonly effect: Effect }>> {
  if (reachOf(ctx.actor, 'write') !== 'all') return refuse('forbidden');
  const saved = await changeCatalog(ctx, async (tx) => {
    const rows = await tx.profileRule.findMany({ orderBy: [{ order: 'asc' }, { id: 'asc' }] });
    const known = new Set(rows.map((row) => row.id));
    const stranger = ids.find((id) => !known.has(id));
    if (stranger !== undefined) return invalid(`/${ids.indexOf(stranger)}`, 'there is no such rule');
    const named = ids.flatMap((id) => rows.find((row) => row.id === id) ?? []);
    const order = [...new Set([...named, ...rows])];
    for (const [at, row] of order.entries()) {
      const place = (at + 1) * 10;
      if (row.order === place) continue;
      await tx.profileRule.update({
        where: { id: row.id },
        data: { order: place, version: { increment: 1 } },
      });
    }
    const after = order.map((row) => row.name);
    const audit: AuditInput = {
      action: 'change',
      noun: 'rule',
      nounId: 'all',
      summary: 'Changed the order of rules',
      after,
    };
    return { ok: true, value: null, scope: 'nothing', audit };
  });
  return saved.ok ? { ok: true, rules: await listRules(ctx), effect: saved.effect } : saved;
}

async function saveRule(
  ctx: StoreContext,
  write: (tx: Db) => Promise<Outcome<Written<RuleDocument>>>,
): Promise<RuleOutcome> {
  const saved = await changeCatalog(ctx, write);
  return saved.ok ? { ok: true, rule: saved.value, effect: saved.effect } : saved;
}

/** No file of a device says which rule sent it, so that a rule makes nobody behind. */
function written(
  rule: RuleDocument,
  entry: Pick<AuditInput, 'action' | 'summary' | 'before'>,
): { ok: true } & Written<RuleDocument> {
  const after = entry.action === 'delete' ? null : rule;
  const siteId = rule.match.site ?? null;
  return {
    ok: true,
    value: rule,
    scope: 'nothing',
    audit: { ...entry, noun: 'rule', nounId: rule.id, siteId, after },
  };
}

/** A rule without a site decides for every phone, so that only those who reach everything may change it. */
async function findWritable(tx: Db, ctx: StoreContext, id: string): Promise<RuleRow | null> {
  if (!isId(id)) return null;
  const within = reachOf(ctx.actor, 'write') === 'all' ? {} : { matchSite: sitesWithin(ctx.actor, 'write') };
  return tx.profileRule.findFirst({ where: { AND: [{ id }, within] } });
}

interface RuleColumns {
  readonly unknown: string;
  readonly matchSiteId: string | null;
  readonly siteId: string | null;
  readonly modelSlug: string | null;
}

function refuseColumns(ctx: StoreContext, columns: RuleColumns): Refusal | null {
  if (columns.matchSiteId === null && reachOf(ctx.actor, 'write') !== 'all')
    return invalid('/match/site', 'is needed: this rule would decide for phones of other sites');
  if (columns.unknown === 'add' && columns.siteId === null)
    return invalid('/site', 'is needed where unknown phones are added');
  return null;
}

type Columns = Outcome<{
  readonly data: Partial<RuleColumns> & {
    readonly name?: string;
    readonly order?: number;
    readonly enabled?: boolean;
    readonly url?: string | null;
    readonly match?: Record<string, string | boolean>;
  };
}>;

async function toColumns(tx: Db, ctx: StoreContext, input: RuleInput): Promise<Columns> {
  const { name, order, enabled, match, url, unknown, model } = input;
  const find = (site: string) => findSitePlace(tx, { actor: ctx.actor, scope: 'write', site });
  const matchSite = match?.site === undefined ? null : await find(match.site);
  if (match?.site !== undefined && matchSite === null) return invalid('/match/site', 'there is no such site');
  const site = input.site ? await find(input.site) : null;
  if (input.site && site === null) return invalid('/site', 'there is no such site');
  if (match?.vendor !== undefined && findVendor(match.vendor) === null)
    return invalid('/match/vendor', 'there is no such vendor');
  for (const [pointer, slug] of [
    ['/match/model', match?.model],
    ['/model', model],
  ] as const)
    if (slug && (await tx.phoneModel.count({ where: { slug } })) === 0)
      return invalid(pointer, 'there is no such model');
  const stored = match === undefined ? undefined : toStoredMatch(match, matchSite?.id ?? null);
  return {
    ok: true,
    data: {
      ...(name === undefined ? {} : { name }),
      ...(order === undefined ? {} : { order }),
      ...(enabled === undefined ? {} : { enabled }),
      ...(url === undefined ? {} : { url }),
      ...(unknown === undefined ? {} : { unknown }),
      ...(stored === undefined ? {} : { match: stored, matchSiteId: matchSite?.id ?? null }),
      ...(input.site === undefined ? {} : { siteId: site?.id ?? null }),
      ...(model === undefined ? {} : { modelSlug: model }),
    },
  };
}

/** Without members that are not set, and with the site's id, whatever its slug becomes. */
function toStoredMatch(
  match: NonNullable<RuleInput['match']>,
  siteId: string | null,
): Record<string, string | boolean> {
  const named = siteId === null ? match : { ...match, site: siteId };
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function stable(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function toDocument(row: RuleRow): RuleDocument {
  return { ...toRule(row), shipped: row.shipped };
}
