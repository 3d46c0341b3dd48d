import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Vendor } from '#lib/domain/vendor.ts';
import { flyingvoice } from '#lib/domain/vendors/flyingvoice.ts';
import { getDevice } from '#lib/store/devices.ts';
import { getModel, listModels, overlayModel } from '#lib/store/models.ts';
import { listRules } from '#lib/store/rules.ts';
import { createTemplate, listTemplates, publishTemplate } from '#lib/store/templates.ts';
import { findTokenActor } from '#lib/store/tokens.ts';
import { findSignIn } from '#lib/store/users.ts';
import { verifyPassword } from '#lib/system/passwords.ts';
import { createVault } from '#lib/system/secrets.ts';
import { seed } from '#prisma/seed.ts';
import { dumpTables } from './dump.ts';
import { addPhone, createInstallation, done, SEED, type TestInstallation } from './installation.ts';

let home: TestInstallation;
beforeAll(async () => {
  home = await createInstallation();
});
afterAll(() => home.close());

describe('the first start', () => {
  it('knows the models of the library, each with a source', async () => {
    const { data } = await listModels(home.ctx);
    expect(data.map((model) => model.name)).toEqual([
      ...['FIP10', 'FIP10P', 'FIP11C', 'FIP11CP', 'FIP12WP', 'FIP13G', 'FIP14G', 'FIP15G', 'FIP16'],
    ]);
    for (const model of data) expect(model.source).not.toBeNull();
  });

  it('has a site with a registrar, and the two rules', async () => {
    const site = await home.db.site.findUniqueOrThrow({ where: { slug: 'default' } });
    expect(site).toMatchObject({ name: 'Default', kind: 'customer', path: [site.id] });
    expect(site.defaultRegistrarId).not.toBeNull();
    expect(await listRules(home.ctx)).toMatchObject([
      { name: 'Known phones', match: { known: true }, url: '{{start}}' },
      { name: 'Unknown phones are listed', match: { known: false }, url: null, unknown: 'discover' },
    ]);
  });

  it('makes the first administrator', async () => {
    const user = await findSignIn(home.db, 'Admin@localhost');
    expect(await verifyPassword(user?.passwordHash ?? null, SEED.adminPassword)).toBe(true);
  });

  it('makes a password when none is given, and says it once', async () => {
    await home.db.user.deleteMany();
    const first = await seed(home.ctx, { ...SEED, adminPassword: null });
    expect(first).toMatchObject({ ok: true, madePassword: expect.stringMatching(/^[a-z2-7]{16}$/) });
    expect(await seed(home.ctx, { ...SEED, adminPassword: null })).toMatchObject({
      ok: true,
      madePassword: null,
    });
  });

  it('takes a bootstrap token with every right, and keeps it when the variable is gone', async () => {
    await seed(home.ctx, { ...SEED, bootstrapToken: 'let-me-in' });
    await seed(home.ctx, SEED);
    const actor = await findTokenActor(home.db, 'let-me-in');
    expect(actor).toMatchObject({ kind: 'token', grants: [{ siteId: null }] });
    expect(actor?.grants[0]?.scopes).toContain('admin');
    expect(await dumpTables(home.pool)).not.toContain('let-me-in');
  });
});

describe('seeding again', () => {
  it('changes nothing', async () => {
    const before = await dumpTables(home.pool);
    expect(await seed(home.ctx, SEED)).toMatchObject({
      ok: true,
      library: { models: [], added: [], available: [] },
    });
    expect(await dumpTables(home.pool)).toBe(before);
  });

  it('keeps overlays and templates of people', async () => {
    done(await overlayModel(home.ctx, 'flyingvoice/fip14g', { overlay: { keys: 30 } }));
    const own = { name: '{mac}.cfg', kind: 'cfg', vendor: 'flyingvoice', body: 'my.own=1\n' } as const;
    const { template } = done(await createTemplate(home.ctx, own));
    done(await publishTemplate(home.ctx, template.id));
    await seed(home.ctx, SEED);
    expect(await getModel(home.ctx, 'flyingvoice/fip14g')).toMatchObject({ keys: 30, overlay: { keys: 30 } });
    const mine = (await listTemplates(home.ctx)).data.find((each) => each.id === template.id);
    expect(mine).toMatchObject({ body: 'my.own=1\n', shipped: false });
  });

  it('does not bring back what was deleted', async () => {
    await home.db.profileRule.deleteMany({ where: { name: 'Known phones' } });
    await seed(home.ctx, SEED);
    expect((await listRules(home.ctx)).map((rule) => rule.name)).toEqual(['Unknown phones are listed']);
  });

  it('refuses a database of another key', async () => {
    const vault = createVault(randomBytes(32));
    expect(await seed({ ...home.ctx, vault }, SEED)).toEqual({ ok: false, reason: 'other-key' });
  });
});

describe('an upgrade of the library', () => {
  const newer: Vendor = {
    ...flyingvoice,
    models: flyingvoice.models.map((model) => (model.name === 'FIP13G' ? { ...model, keys: 12 } : model)),
    templates: [
      ...flyingvoice.templates.map((each) =>
        each.name === '{mac}.cfg' ? { ...each, body: `${each.body}new.key=1\n` } : each,
      ),
      { name: 'time.cfg', kind: 'cfg', body: 'time.key=1\n' },
    ],
  };

  it('publishes nothing, and offers its templates as drafts', async () => {
    const device = await addPhone(home.ctx);
    const report = await seed(home.ctx, { ...SEED, vendors: [newer] });
    expect(report).toMatchObject({
      library: { models: ['flyingvoice/fip13g'], added: [], available: ['{mac}.cfg', 'time.cfg'] },
    });
    expect(await getDevice(home.ctx, device.id)).toEqual(device);
    const shipped = (await listTemplates(home.ctx)).data.filter((each) => each.shipped);
    expect(shipped.find((each) => each.name === '{mac}.cfg')?.draft).toContain('new.key=1');
    expect(shipped.find((each) => each.name === '{mac}.cfg')?.body).not.toContain('new.key=1');
    expect(shipped.find((each) => each.name === 'time.cfg')).toMatchObject({ publishedVersion: null });
  });

  it('does so once', async () => {
    const again = await seed(home.ctx, { ...SEED, vendors: [newer] });
    expect(again).toMatchObject({ library: { models: [], added: [], available: [] } });
  });

  it('reaches phones when somebody publishes the draft', async () => {
    const device = await addPhone(home.ctx);
    const shipped = (await listTemplates(home.ctx)).data.find(
      (each) => each.shipped && each.name === '{mac}.cfg',
    );
    const { effect } = done(await publishTemplate(home.ctx, shipped?.id ?? ''));
    expect(effect.affected).toBeGreaterThan(0);
    expect((await getDevice(home.ctx, device.id))?.revision).toBe(device.revision + 1);
  });
});
