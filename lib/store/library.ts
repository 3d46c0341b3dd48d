/**
 * The vendor library in the database. Shipped rows follow the software; what people laid over them stays. An upgrade
 * publishes nothing: a template whose shipped body changed gets it as a draft, which shows what it would change.
 */

import type { Model } from '#lib/domain/model.ts';
import type { ShippedTemplate, Vendor } from '#lib/domain/vendor.ts';
import type { AuditInput } from './audit.ts';
import { changeCatalog } from './catalog-changes.ts';
import type { Db } from './client.ts';
import { asSystem, type PublishContext } from './context.ts';

export interface LibraryReport {
  /** Models that are new or whose shipped figures changed. */
  readonly models: readonly string[];
  /** Templates of a vendor that is new, published at once. */
  readonly added: readonly string[];
  /** Templates with a new shipped body as their draft: somebody has to publish it. */
  readonly available: readonly string[];
}

/** Brings the shipped rows up to date. Doing it twice changes nothing. */
export async function updateLibrary(
  publish: PublishContext,
  vendors: readonly Vendor[],
): Promise<LibraryReport> {
  const report = { models: [] as string[], added: [] as string[], available: [] as string[] };
  for (const vendor of vendors) {
    for (const template of vendor.templates)
      if (await offerUpgrade(publish.db, vendor, template)) report.available.push(template.name);
    const models = await findChangedModels(publish.db, vendor.models);
    const added = await findNewTemplates(publish.db, vendor);
    if (models.length + added.length === 0) continue;
    const isNew = (await publish.db.phoneModel.count({ where: { vendor: vendor.slug } })) === 0;
    await writeVendor(publish, vendor, { models, added, isNew });
    report.models.push(...models.map((model) => model.slug));
    report[isNew ? 'added' : 'available'].push(...added.map((template) => template.name));
  }
  return report;
}

interface VendorChange {
  readonly models: readonly Model[];
  readonly added: readonly ShippedTemplate[];
  /** No phone can be of this vendor yet. */
  readonly isNew: boolean;
}

/** Inert: phones keep what they have until somebody changes something of theirs. */
async function writeVendor(publish: PublishContext, vendor: Vendor, change: VendorChange): Promise<void> {
  await changeCatalog(asSystem(publish), async (tx) => {
    for (const model of change.models) await writeModel(tx, model);
    for (const template of change.added) await addTemplate(tx, vendor, { template, isNew: change.isNew });
    const names = [
      ...change.models.map((model) => model.slug),
      ...change.added.map((template) => template.name),
    ];
    const summary = `Library of ${vendor.name}: ${names.slice(0, 5).join(', ')}`;
    const audit: AuditInput = {
      action: 'change',
      noun: 'library',
      nounId: vendor.slug,
      summary,
      after: { names },
    };
    return { ok: true, value: null, scope: 'nothing', audit };
  });
}

async function findChangedModels(db: Db, models: readonly Model[]): Promise<readonly Model[]> {
  const rows = await db.phoneModel.findMany({ where: { slug: { in: models.map((model) => model.slug) } } });
  const bySlug = new Map(rows.map((row) => [row.slug, row]));
  return models.filter((model) => {
    const row = bySlug.get(model.slug);
    return (
      row === undefined ||
      Object.entries(model).some(([name, value]) => !isSame(value, Reflect.get(row, name)))
    );
  });
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

async function writeModel(tx: Db, model: Model): Promise<void> {
  const shipped = { ...model, spellings: [...model.spellings], shipped: true };
  await tx.phoneModel.upsert({ where: { slug: model.slug }, create: shipped, update: shipped });
}

async function findNewTemplates(db: Db, vendor: Vendor): Promise<readonly ShippedTemplate[]> {
  const rows = await db.template.findMany({
    where: { vendor: vendor.slug, shipped: true },
    select: { name: true },
  });
  return vendor.templates.filter((template) => !rows.some((row) => row.name === template.name));
}

interface TemplateAddition {
  readonly template: ShippedTemplate;
  readonly isNew: boolean;
}

async function addTemplate(tx: Db, vendor: Vendor, { template, isNew }: TemplateAddition): Promise<void> {
  const { name, kind, body } = template;
  const published = { publishedVersion: 1, versions: { create: [{ number: 1, body, author: 'Provost' }] } };
  await tx.template.create({
    data: { name, kind, vendor: vendor.slug, shipped: true, ...(isNew ? published : { draft: body }) },
  });
}

/** True when the body that is shipped now is neither published nor offered yet. */
async function offerUpgrade(db: Db, vendor: Vendor, template: ShippedTemplate): Promise<boolean> {
  const where = { vendor: vendor.slug, name: template.name, shipped: true };
  const row = await db.template.findFirst({ where, include: { versions: { orderBy: { number: 'desc' } } } });
  if (row === null || row.draft === template.body) return false;
  const published = row.versions.find((version) => version.number === row.publishedVersion);
  const draft = published?.body === template.body ? null : template.body;
  if (draft === row.draft) return false;
  await db.template.update({ where: { id: row.id }, data: { draft, version: { increment: 1 } } });
  return draft !== null;
}
