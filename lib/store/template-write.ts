import { reachOf } from '#lib/domain/actor.ts';
import type { TemplateInput } from '#lib/domain/template-input.ts';
import { findLiteralSecrets } from '#lib/domain/template-secrets.ts';
import { findVendor } from '#lib/domain/vendors/registry.ts';
import type { Db } from './client.ts';
import type { StoreContext } from './context.ts';
import { invalid, type Outcome, type Refusal, refuse } from './outcome.ts';
import { findSitePlace } from './reach.ts';

interface Applies {
  readonly vendor: string;
  readonly siteId: string | null;
}

type Columns = Outcome<{
  readonly data: {
    readonly name?: string;
    readonly kind?: string;
    readonly vendor?: string;
    readonly models?: string[];
    readonly siteId?: string | null;
    readonly mode?: string;
  };
}>;

/** Where a template applies, as a body says it. Models are kept sorted, so that equal scopes look equal. */
export async function toTemplateColumns(
  tx: Db,
  ctx: StoreContext,
  before: Applies,
  input: TemplateInput,
): Promise<Columns> {
  const { name, kind, mode } = input;
  const vendor = input.vendor ?? before.vendor;
  if (findVendor(vendor) === null) return invalid('/vendor', 'there is no such vendor');
  const models = input.models === undefined ? null : [...new Set(input.models ?? [])].sort();
  const stranger = (models ?? []).find((slug) => slug.split('/')[0] !== vendor);
  if (stranger !== undefined) return invalid('/models', `${stranger} is no model of ${vendor}`);
  if (models !== null && (await tx.phoneModel.count({ where: { slug: { in: models } } })) < models.length)
    return invalid('/models', 'there is no such model');
  const site = input.site
    ? await findSitePlace(tx, { actor: ctx.actor, scope: 'write', site: input.site })
    : null;
  if (input.site && site === null) return invalid('/site', 'there is no such site');
  const siteId = input.site === undefined ? before.siteId : (site?.id ?? null);
  if (siteId === null && reachOf(ctx.actor, 'write') !== 'all')
    return invalid('/site', 'is needed: this template would apply to phones of other sites');
  return {
    ok: true,
    data: {
      ...(name === undefined ? {} : { name }),
      ...(kind === undefined ? {} : { kind }),
      ...(mode === undefined ? {} : { mode }),
      ...(input.vendor === undefined ? {} : { vendor }),
      ...(models === null ? {} : { models }),
      ...(input.site === undefined ? {} : { siteId }),
    },
  };
}

/** Bodies are stored in clear; a secret in one would be there for everybody who may read templates. */
export function refuseLiteralSecrets(vendorSlug: string, body: string): Refusal | null {
  const vendor = findVendor(vendorSlug);
  const secrets = vendor === null ? [] : findLiteralSecrets(vendor, body);
  if (secrets.length === 0) return null;
  const places = secrets.map(({ line, key }) => ({
    pointer: '/body',
    detail: `${line}:1: ${key} holds a secret; use a secret variable, the account, or a parameter`,
  }));
  return refuse('invalid', ...places);
}
