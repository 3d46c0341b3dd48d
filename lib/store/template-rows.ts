import { type Actor, reachOf, type Scope } from '#lib/domain/actor.ts';
import type { TEMPLATE_KINDS } from '#lib/domain/template.ts';
import type { Prisma } from '#prisma/generated/client.ts';
import type { Db } from './client.ts';
import type { StoreContext } from './context.ts';
import { isId, sitesWithin } from './reach.ts';

export interface TemplateDocument {
  readonly id: string;
  readonly name: string;
  readonly kind: (typeof TEMPLATE_KINDS)[number];
  readonly vendor: string;
  readonly models: readonly string[];
  /** Slug; null: every site. */
  readonly site: string | null;
  readonly siteId: string | null;
  readonly mode: 'merge' | 'replace';
  /** As published; empty when it never was. */
  readonly body: string;
  /** What is being written; null: nothing but what is published. */
  readonly draft: string | null;
  readonly publishedVersion: number | null;
  readonly shipped: boolean;
  readonly version: number;
  readonly updatedAt: string;
}

export const TEMPLATE_FIELDS = {
  ...{ id: true, name: true, kind: true, vendor: true, models: true, siteId: true, mode: true, draft: true },
  ...{ publishedVersion: true, shipped: true, version: true, updatedAt: true },
  site: { select: { slug: true } },
} satisfies Prisma.TemplateSelect;

export type TemplateRow = Prisma.TemplateGetPayload<{ select: typeof TEMPLATE_FIELDS }>;

export function templatesWithin(actor: Actor, scope: Scope): Prisma.TemplateWhereInput {
  if (reachOf(actor, scope) === 'all') return {};
  const own = { site: sitesWithin(actor, scope) };
  return scope === 'read' ? { OR: [{ siteId: null }, own] } : own;
}

/** Everybody may read what has no site; only those who reach everything may write it. */
export async function findTemplate(
  db: Db,
  ctx: StoreContext,
  { id, scope }: { readonly id: string; readonly scope: Scope },
): Promise<TemplateRow | null> {
  if (!isId(id)) return null;
  const where = { AND: [{ id }, templatesWithin(ctx.actor, scope)] };
  return db.template.findFirst({ where, select: TEMPLATE_FIELDS });
}

export async function describeTemplate(db: Db, row: TemplateRow): Promise<TemplateDocument> {
  const [document] = await describeTemplates(db, [row]);
  if (!document) throw new Error(`The template ${row.id} was not described`);
  return document;
}

/** With their published bodies, in the order of the rows. */
export async function describeTemplates(db: Db, rows: readonly TemplateRow[]): Promise<TemplateDocument[]> {
  const published = rows.flatMap(({ id, publishedVersion }) =>
    publishedVersion === null ? [] : [{ templateId: id, number: publishedVersion }],
  );
  const versions = await db.templateVersion.findMany({ where: { OR: published } });
  const bodies = new Map(versions.map((version) => [version.templateId, version.body]));
  return rows.map((row) => toDocument(row, bodies.get(row.id) ?? ''));
}

function toDocument(row: TemplateRow, body: string): TemplateDocument {
  const { id, name, vendor, models, siteId, draft, publishedVersion, shipped, version } = row;
  return {
    ...{ id, name, vendor, models, siteId, body, draft, publishedVersion, shipped, version },
    kind: row.kind === 'boot' ? 'boot' : 'cfg',
    mode: row.mode === 'replace' ? 'replace' : 'merge',
    site: row.site?.slug ?? null,
    updatedAt: row.updatedAt.toISOString(),
  };
}
