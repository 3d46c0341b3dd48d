/** Templates: drafts that people write, and versions that compile reads. Shipped ones are read-only. */
import { may } from '#lib/domain/actor.ts';
import { checkTemplate } from '#lib/domain/template-engine.ts';
import type { TemplateInput } from '#lib/domain/template-input.ts';
import type { AuditInput } from './audit.ts';
import { writeAudit } from './audit.ts';
import { type CatalogScope, changeCatalog } from './catalog-changes.ts';
import { type Db, sqlState } from './client.ts';
import type { StoreContext } from './context.ts';
import type { Effect } from './effect.ts';
import { invalid, type Outcome, refuse, transact } from './outcome.ts';
import { type Page, type PageRequest, pageLimit, readCursor, toPage } from './page.ts';
import {
  describeTemplate,
  describeTemplates,
  findTemplate,
  TEMPLATE_FIELDS,
  type TemplateDocument,
  type TemplateRow,
  templatesWithin,
} from './template-rows.ts';
import { refuseLiteralSecrets, toTemplateColumns } from './template-write.ts';

export type { TemplateDocument } from './template-rows.ts';

/** By name; those of the actor's sites, and those without a site. */
export async function listTemplates(
  ctx: StoreContext,
  request: PageRequest & { readonly vendor?: string | undefined } = {},
): Promise<Page<TemplateDocument>> {
  const limit = pageLimit(request);
  if (!may(ctx.actor, 'read')) return { data: [], nextCursor: null };
  const [name, id] = readCursor(request, ['text', 'id']) ?? [];
  const rows = await ctx.db.template.findMany({
    where: {
      AND: [
        templatesWithin(ctx.actor, 'read'),
        name === undefined || id === undefined
          ? {}
          : { OR: [{ name: { gt: name } }, { name, id: { gt: id } }] },
        request.vendor === undefined ? {} : { vendor: request.vendor },
      ],
    },
    orderBy: [{ name: 'asc' }, { id: 'asc' }],
    take: limit + 1,
    select: TEMPLATE_FIELDS,
  });
  const documents = await describeTemplates(ctx.db, rows);
  return toPage(documents, limit, { keyOf: (each) => [each.name, each.id], toItem: (each) => each });
}

export async function getTemplate(ctx: StoreContext, id: string): Promise<TemplateDocument | null> {
  const row = await findTemplate(ctx.db, ctx, { id, scope: 'read' });
  return row && describeTemplate(ctx.db, row);
}

/** A draft, of which no phone knows. Needs name, vendor and body; kind by the name's ending unless given. */
export async function createTemplate(
  ctx: StoreContext,
  input: TemplateInput,
): Promise<Outcome<{ readonly template: TemplateDocument }>> {
  if (!may(ctx.actor, 'write')) return refuse('forbidden');
  const { name, vendor, body } = input;
  if (name === undefined) return invalid('/name', 'is needed');
  if (vendor === undefined) return invalid('/vendor', 'is needed');
  if (body === undefined) return invalid('/body', 'is needed');
  return orDuplicate(() =>
    transact(ctx.db, async (tx) => {
      const columns = await toTemplateColumns(tx, ctx, { siteId: null, vendor }, input);
      if (!columns.ok) return columns;
      const secrets = refuseLiteralSecrets(vendor, body);
      if (secrets) return secrets;
      const kind = input.kind ?? (name.endsWith('.boot') ? 'boot' : 'cfg');
      const data = { ...columns.data, name, vendor, kind, draft: body };
      const row = await tx.template.create({ data, select: TEMPLATE_FIELDS });
      await writeAudit(
        tx,
        ctx,
        auditOf(row, { action: 'create', summary: `Added the template ${name}`, after: { body } }),
      );
      return { ok: true, template: await describeTemplate(tx, row) };
    }),
  );
}

interface Seen {
  readonly version?: number | undefined;
}

/**
 * Saves what is being written. Where the template applies (vendor, models, site, mode) can be changed only until it is
 * published: afterwards a new one says it better, because its phones are others.
 */
export async function saveDraft(
  ctx: StoreContext,
  id: string,
  { input, version }: Seen & { readonly input: TemplateInput },
): Promise<Outcome<{ readonly template: TemplateDocument }>> {
  return orDuplicate(() =>
    changeDraft(ctx, { id, version }, async (tx, row) => {
      const columns = await toTemplateColumns(tx, ctx, row, input);
      if (!columns.ok) return columns;
      const moved = Object.keys(columns.data).find(
        (name) => JSON.stringify(Reflect.get(columns.data, name)) !== JSON.stringify(Reflect.get(row, name)),
      );
      if (moved !== undefined && row.publishedVersion !== null)
        return invalid(
          `/${moved === 'siteId' ? 'site' : moved}`,
          'cannot change once it is published; add another template',
        );
      const secrets =
        input.body === undefined ? null : refuseLiteralSecrets(input.vendor ?? row.vendor, input.body);
      if (secrets) return secrets;
      const draft = input.body === undefined ? row.draft : input.body;
      return { ok: true, data: { ...columns.data, draft }, summary: `Saved a draft of ${row.name}` };
    }),
  );
}

/** An earlier version as the draft; publishing it makes a new version of it. */
export async function restoreTemplateVersion(
  ctx: StoreContext,
  id: string,
  number: number,
): Promise<Outcome<{ readonly template: TemplateDocument }>> {
  return changeDraft(ctx, { id }, async (tx, row) => {
    const found = await tx.templateVersion.findUnique({
      where: { templateId_number: { templateId: id, number } },
    });
    if (found === null) return refuse('not-found');
    return {
      ok: true,
      data: { draft: found.body },
      summary: `Took version ${number} of ${row.name} as its draft`,
    };
  });
}

interface DraftChange {
  readonly data: { readonly draft: string | null };
  readonly summary: string;
}

async function changeDraft(
  ctx: StoreContext,
  { id, version }: Seen & { readonly id: string },
  change: (tx: Db, row: TemplateRow) => Promise<Outcome<DraftChange>>,
): Promise<Outcome<{ readonly template: TemplateDocument }>> {
  if (!may(ctx.actor, 'write')) return refuse('forbidden');
  return transact(ctx.db, async (tx) => {
    const row = await findTemplate(tx, ctx, { id, scope: 'write' });
    if (row === null) return refuse('not-found');
    if (row.shipped)
      return refuse('wrong-state', {
        pointer: '',
        detail: 'shipped templates are read-only; add one of your own',
      });
    if (version !== undefined && version !== row.version) return refuse('stale');
    const changed = await change(tx, row);
    if (!changed.ok) return changed;
    const data = { ...changed.data, version: { increment: 1 } };
    const after = await tx.template.update({ where: { id }, data, select: TEMPLATE_FIELDS });
    const { summary } = changed;
    await writeAudit(
      tx,
      ctx,
      auditOf(after, { action: 'change', summary, before: { body: row.draft }, after: changed.data }),
    );
    return { ok: true, template: await describeTemplate(tx, after) };
  });
}

export type TemplateOutcome = Outcome<{ readonly template: TemplateDocument; readonly effect: Effect }>;

/** Makes the draft the next version. A body that cannot be read is refused; what a phone's gate refuses is its own. */
export async function publishTemplate(
  ctx: StoreContext,
  id: string,
  seen: Seen = {},
): Promise<TemplateOutcome> {
  if (!may(ctx.actor, 'write')) return refuse('forbidden');
  const saved = await changeCatalog(ctx, async (tx) => {
    const row = await findTemplate(tx, ctx, { id, scope: 'write' });
    if (row === null) return refuse('not-found');
    if (seen.version !== undefined && seen.version !== row.version) return refuse('stale');
    const number = await nextVersion(tx, id);
    const summary = `Published ${row.name}, version ${number}`;
    const audit = auditOf(row, { action: 'publish', summary, after: { version: number } });
    if (row.draft === null)
      return row.publishedVersion === null
        ? invalid('/body', 'there is nothing to publish')
        : { ok: true, value: await describeTemplate(tx, row), scope: null, audit };
    const parsed = checkTemplate(row.draft);
    if (!parsed.ok)
      return invalid('/body', `${parsed.at === undefined ? '' : `${parsed.at}: `}${parsed.reason}`);
    await tx.templateVersion.create({
      data: { templateId: id, number, body: row.draft, author: ctx.actor.name },
    });
    const data = { publishedVersion: number, draft: null, version: { increment: 1 } };
    const after = await tx.template.update({ where: { id }, data, select: TEMPLATE_FIELDS });
    return { ok: true, value: await describeTemplate(tx, after), scope: scopeOf(row), audit };
  });
  return saved.ok ? { ok: true, template: saved.value, effect: saved.effect } : saved;
}

export async function deleteTemplate(
  ctx: StoreContext,
  id: string,
  seen: Seen = {},
): Promise<Outcome<{ readonly effect: Effect }>> {
  if (!may(ctx.actor, 'write')) return refuse('forbidden');
  return changeCatalog(ctx, async (tx) => {
    const row = await findTemplate(tx, ctx, { id, scope: 'write' });
    if (row === null) return refuse('not-found');
    if (row.shipped)
      return refuse('wrong-state', { pointer: '', detail: 'shipped templates cannot be deleted' });
    if (seen.version !== undefined && seen.version !== row.version) return refuse('stale');
    const before = await describeTemplate(tx, row);
    await tx.template.delete({ where: { id } });
    const audit = auditOf(row, { action: 'delete', summary: `Deleted the template ${row.name}`, before });
    return { ok: true, value: null, scope: row.publishedVersion === null ? 'nothing' : scopeOf(row), audit };
  });
}

export interface TemplateVersionDocument {
  readonly number: number;
  readonly body: string;
  readonly author: string | null;
  readonly createdAt: string;
}

/** Newest first; null when there is no such template for this actor. */
export async function listTemplateVersions(
  ctx: StoreContext,
  id: string,
): Promise<readonly TemplateVersionDocument[] | null> {
  if ((await findTemplate(ctx.db, ctx, { id, scope: 'read' })) === null) return null;
  const rows = await ctx.db.templateVersion.findMany({
    where: { templateId: id },
    orderBy: { number: 'desc' },
    take: 200,
  });
  return rows.map(({ number, body, author, createdAt }) => ({
    number,
    body,
    author,
    createdAt: createdAt.toISOString(),
  }));
}

/** Devices that a template reaches. */
export function scopeOf(row: Pick<TemplateRow, 'vendor' | 'models' | 'siteId'>): CatalogScope {
  return { vendors: [row.vendor], models: row.models, siteId: row.siteId };
}

async function nextVersion(tx: Db, templateId: string): Promise<number> {
  const last = await tx.templateVersion.aggregate({ where: { templateId }, _max: { number: true } });
  return (last._max.number ?? 0) + 1;
}

function auditOf(
  row: TemplateRow,
  entry: Pick<AuditInput, 'action' | 'summary' | 'before' | 'after'>,
): AuditInput {
  return { ...entry, noun: 'template', nounId: row.id, siteId: row.siteId };
}

async function orDuplicate<T>(work: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  try {
    return await work();
  } catch (error) {
    if (sqlState(error) !== '23505') throw error;
    const detail = 'there is a template with this name, vendor, models and site already';
    return refuse('conflict', { pointer: '/name', detail });
  }
}
