import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listAudit } from '#lib/store/audit.ts';
import { getDevice, listDevices } from '#lib/store/devices.ts';
import { listGlobalSettings, setGlobalSettings } from '#lib/store/global-settings.ts';
import { listModels, overlayModel } from '#lib/store/models.ts';
import { createRegistrar, deleteRegistrar, updateRegistrar } from '#lib/store/registrars.ts';
import { createRule, deleteRule, listRules, reorderRules, updateRule } from '#lib/store/rules.ts';
import {
  listSessions,
  readSession,
  revokeSession,
  revokeSessionById,
  startSession,
} from '#lib/store/sessions.ts';
import { createSite, deleteSite, getSite, updateSite } from '#lib/store/sites.ts';
import {
  createTemplate,
  deleteTemplate,
  listTemplates,
  listTemplateVersions,
  publishTemplate,
  restoreTemplateVersion,
  saveDraft,
} from '#lib/store/templates.ts';
import { changePassword, createUser, findSignIn, getUserActor, updateUser } from '#lib/store/users.ts';
import { verifyPassword } from '#lib/system/passwords.ts';
import { addPhone, createInstallation, done, type TestInstallation } from './installation.ts';

let home: TestInstallation;
beforeAll(async () => {
  home = await createInstallation();
});
afterAll(() => home.close());

describe('sites', () => {
  it('are made below a parent, with a slug of their name and a bootstrap code', async () => {
    const { site } = done(await createSite(home.ctx, { name: 'Zürich, Büro 2', parent: 'default' }));
    const parent = await getSite(home.ctx, 'default');
    expect(site).toMatchObject({
      slug: 'zu-rich-bu-ro-2',
      rootId: parent?.id,
      parentId: parent?.id,
      version: 1,
      devices: 0,
    });
    expect(site.path).toEqual([parent?.id, site.id]);
    expect(site.bootstrapCode).toMatch(/^[a-z2-7]{8}$/);
  });

  it('keep what a change leaves out, and give what it names', async () => {
    const { site } = done(
      await createSite(home.ctx, { name: 'Keeps', networks: ['10.1.0.0/16'], externalId: 'c-1' }),
    );
    const input = {
      variables: { timezone: 'Asia/Tokyo' },
      vendorParameters: { flyingvoice: { 'a.b': '1' } },
    };
    const changed = done(await updateSite(home.ctx, site.id, { input, version: 1 })).site;
    expect(changed).toMatchObject({ networks: ['10.1.0.0/16'], externalId: 'c-1', version: 2 });
    expect(changed.variables.timezone).toMatchObject({ value: 'Asia/Tokyo', setBy: 'Anna', secret: false });
    expect(changed.vendorParameters.flyingvoice?.['a.b']).toMatchObject({ value: '1' });
    const cleared = done(
      await updateSite(home.ctx, site.id, { input: { variables: null, vendorParameters: null } }),
    ).site;
    expect(cleared).toMatchObject({ variables: {}, vendorParameters: {} });
    expect(await updateSite(home.ctx, site.id, { input: { name: 'X' }, version: 1 })).toMatchObject({
      reason: 'stale',
    });
  });

  it('move with everything below them, but not out of their root or below themselves', async () => {
    const top = done(await createSite(home.ctx, { name: 'Top' })).site;
    const a = done(await createSite(home.ctx, { name: 'A', parent: top.slug })).site;
    const b = done(
      await createSite(home.ctx, { name: 'B', parent: top.slug, variables: { language: 'de' } }),
    ).site;
    const leaf = done(await createSite(home.ctx, { name: 'Leaf', parent: a.slug })).site;
    const phone = await addPhone(home.ctx, { site: leaf.slug });
    const { effect } = done(await updateSite(home.ctx, a.slug, { input: { parent: b.slug } }));
    expect(effect.affected).toBe(1);
    expect((await getSite(home.ctx, leaf.slug))?.path).toEqual([top.id, b.id, a.id, leaf.id]);
    expect((await listDevices(home.ctx, { siteId: b.id })).data.map((each) => each.id)).toEqual([phone.id]);
    expect((await getDevice(home.ctx, phone.id))?.revision).toBe(2);
    for (const parent of [leaf.slug, 'default', null])
      expect(await updateSite(home.ctx, b.slug, { input: { parent } })).toMatchObject({
        pointers: [{ pointer: '/parent' }],
      });
  });

  it('go only when they are empty; retired phones go with them', async () => {
    const { site } = done(await createSite(home.ctx, { name: 'Goes' }));
    const phone = await addPhone(home.ctx, { site: site.slug });
    expect(await deleteSite(home.ctx, site.slug)).toMatchObject({ reason: 'in-use' });
    await home.db.device.update({ where: { id: phone.id }, data: { state: 'retired' } });
    done(await deleteSite(home.ctx, site.slug));
    expect(await getSite(home.ctx, site.slug)).toBeNull();
  });

  it.each([
    [{ name: 'D', slug: 'default' }, 'conflict', '/slug'],
    [{ name: 'D', parent: 'nowhere' }, 'invalid', '/parent'],
    [{ name: 'D', commonFilesFor: 'nobody' }, 'invalid', '/commonFilesFor'],
    [{ name: 'D', defaultRegistrar: '00000000-0000-4000-8000-000000000000' }, 'invalid', '/defaultRegistrar'],
    [{}, 'invalid', '/name'],
  ])('%j is refused', async (input, reason, pointer) => {
    expect(await createSite(home.ctx, input)).toMatchObject({ ok: false, reason, pointers: [{ pointer }] });
  });
});

describe('registrars', () => {
  it('change for every phone that inherits them', async () => {
    const { site } = done(await createSite(home.ctx, { name: 'Registers' }));
    const { registrar } = done(await createRegistrar(home.ctx, { site: site.slug, host: 'one.example' }));
    done(await updateSite(home.ctx, site.slug, { input: { defaultRegistrar: registrar.id } }));
    const phone = await addPhone(home.ctx, { site: site.slug, lines: [{ index: 1, userName: '1' }] });
    expect(phone.lines[0]?.sipServer).toBe('one.example');
    const { effect } = done(
      await updateRegistrar(home.ctx, registrar.id, { input: { host: 'two.example' } }),
    );
    expect(effect).toMatchObject({ affected: 1, state: 'published' });
    expect(await getDevice(home.ctx, phone.id)).toMatchObject({
      revision: 2,
      lines: [{ sipServer: 'two.example' }],
    });
    expect(await deleteRegistrar(home.ctx, registrar.id)).toMatchObject({ reason: 'in-use' });
  });
});

describe('rules', () => {
  it('are kept in order, and make no phone behind', async () => {
    const phone = await addPhone(home.ctx);
    const first = done(
      await createRule(home.ctx, {
        name: 'First',
        order: 1,
        match: { vendor: 'flyingvoice' },
        url: '{{start}}',
      }),
    );
    expect(first.effect).toMatchObject({ affected: 0 });
    const last = done(await createRule(home.ctx, { name: 'Last', match: { site: 'default' } })).rule;
    const names = (await listRules(home.ctx)).map((rule) => rule.name);
    expect([names[0], names.at(-1)]).toEqual(['First', 'Last']);
    const { rules } = done(await reorderRules(home.ctx, [last.id]));
    expect(rules[0]).toMatchObject({ name: 'Last', order: 10, version: 2 });
    expect(await getDevice(home.ctx, phone.id)).toEqual(phone);
    done(await deleteRule(home.ctx, last.id, { version: 2 }));
  });

  it('change member by member; the conditions are one', async () => {
    const { rule } = done(await createRule(home.ctx, { name: 'R', match: { tag: 'a', known: true } }));
    const renamed = done(await updateRule(home.ctx, rule.id, { input: { name: 'S' } })).rule;
    expect(renamed).toMatchObject({ name: 'S', match: { tag: 'a', known: true }, version: 2 });
    const other = done(await updateRule(home.ctx, rule.id, { input: { match: { known: true } } })).rule;
    expect(other.match).toEqual({ known: true });
    expect(
      done(await updateRule(home.ctx, rule.id, { input: { match: { known: true } } })).rule.version,
    ).toBe(3);
  });

  it.each([
    [{ name: 'R', unknown: 'add' }, '/site'],
    [{ name: 'R', match: { site: 'nowhere' } }, '/match/site'],
    [{ name: 'R', match: { vendor: 'nobody' } }, '/match/vendor'],
    [{ name: 'R', model: 'flyingvoice/fip99' }, '/model'],
    [{}, '/name'],
  ] as const)('%j is refused at %s', async (input, pointer) => {
    expect(await createRule(home.ctx, input)).toMatchObject({ reason: 'invalid', pointers: [{ pointer }] });
  });
});

describe('templates', () => {
  const text = { name: 'extra.cfg', vendor: 'flyingvoice', body: 'a=1\n' } as const;

  it('go from draft to version and back', async () => {
    const { template } = done(await createTemplate(home.ctx, text));
    expect(template).toMatchObject({
      kind: 'cfg',
      body: '',
      draft: 'a=1\n',
      publishedVersion: null,
      models: [],
      site: null,
    });
    const one = done(await publishTemplate(home.ctx, template.id, { version: template.version })).template;
    expect(one).toMatchObject({ body: 'a=1\n', draft: null, publishedVersion: 1 });
    done(await saveDraft(home.ctx, template.id, { input: { body: 'a=2\n' } }));
    expect(done(await publishTemplate(home.ctx, template.id)).template).toMatchObject({
      body: 'a=2\n',
      publishedVersion: 2,
    });
    done(await restoreTemplateVersion(home.ctx, template.id, 1));
    expect(done(await publishTemplate(home.ctx, template.id)).template).toMatchObject({
      body: 'a=1\n',
      publishedVersion: 3,
    });
    expect((await listTemplateVersions(home.ctx, template.id))?.map((each) => each.number)).toEqual([
      3, 2, 1,
    ]);
    expect(done(await publishTemplate(home.ctx, template.id)).template.publishedVersion).toBe(3);
    expect(await saveDraft(home.ctx, template.id, { input: { site: 'default' } })).toMatchObject({
      pointers: [{ pointer: '/site' }],
    });
    done(await deleteTemplate(home.ctx, template.id));
  });

  it('are there once for a name, vendor, models and site', async () => {
    const input = { ...text, models: ['flyingvoice/fip14g', 'flyingvoice/fip13g'] };
    const { template } = done(await createTemplate(home.ctx, input));
    const again = { ...text, models: ['flyingvoice/fip13g', 'flyingvoice/fip14g'] };
    expect(await createTemplate(home.ctx, again)).toMatchObject({ reason: 'conflict' });
    expect((await createTemplate(home.ctx, { ...again, site: 'default' })).ok).toBe(true);
    done(await deleteTemplate(home.ctx, template.id));
  });

  it('of the library cannot be changed', async () => {
    const shipped = (await listTemplates(home.ctx)).data.find((each) => each.shipped)?.id ?? '';
    expect(await saveDraft(home.ctx, shipped, { input: { body: '' } })).toMatchObject({
      reason: 'wrong-state',
    });
    expect(await deleteTemplate(home.ctx, shipped)).toMatchObject({ reason: 'wrong-state' });
  });
});

describe('what is everybody’s', () => {
  it('a model’s overlay reaches its phones, and goes again', async () => {
    const phone = await addPhone(home.ctx, { model: 'flyingvoice/fip13g' });
    const { model, effect } = done(
      await overlayModel(home.ctx, 'flyingvoice/fip13g', { overlay: { lines: 2 } }),
    );
    expect([model.lines, effect.affected]).toEqual([2, 1]);
    expect((await getDevice(home.ctx, phone.id))?.behind).toBe(false);
    expect(done(await overlayModel(home.ctx, 'flyingvoice/fip13g', { overlay: null })).model).toMatchObject({
      lines: 4,
      overlay: null,
    });
    expect((await listModels(home.ctx, { vendor: 'nobody' })).data).toEqual([]);
  });

  it('global values keep who set them', async () => {
    done(await setGlobalSettings(home.ctx, { variables: { language: 'de', adminPassword: 'hush' } }));
    const { variables } = await listGlobalSettings(home.ctx);
    expect(variables).toMatchObject({
      language: { value: 'de', setBy: 'Anna' },
      adminPassword: { value: null, secret: true },
    });
    done(await setGlobalSettings(home.ctx, { variables: { language: null } }));
    expect(Object.keys((await listGlobalSettings(home.ctx)).variables)).toEqual(['adminPassword']);
    expect(await setGlobalSettings(home.ctx, { parameters: { nobody: { a: '1' } } })).toMatchObject({
      reason: 'invalid',
    });
  });

  it('every change is in the audit, before and after, newest first', async () => {
    const { data, nextCursor } = await listAudit(home.ctx, { noun: 'model', limit: 1 });
    expect(data).toMatchObject([
      { actor: 'Anna', action: 'change', nounId: 'flyingvoice/fip13g', requestId: 'test' },
    ]);
    const older = await listAudit(home.ctx, { noun: 'model', limit: 1, cursor: nextCursor });
    expect(older.data[0]?.after).toMatchObject({ overlay: { lines: 2 } });
  });
});

describe('people', () => {
  it('sign in with sessions that end', async () => {
    const grants = [{ role: 'helpdesk', site: 'default' }] as const;
    const { user } = done(
      await createUser(home.ctx, { email: 'Bob@Example.net', password: 'long enough 1', grants }),
    );
    const signIn = await findSignIn(home.db, 'bob@example.net');
    expect(await verifyPassword(signIn?.passwordHash ?? null, 'long enough 1')).toBe(true);
    const start = (lifetimeSec = 60) =>
      startSession(home.db, { userId: user.id, address: '10.0.0.1', userAgent: 'x', lifetimeSec });
    const [one, two, gone] = [await start(), await start(), await start(-1)];
    const read = await readSession(home.db, one.id);
    expect(read?.actor).toMatchObject({
      kind: 'user',
      name: 'bob@example.net',
      grants: [{ scopes: ['operate'] }],
    });
    expect(await readSession(home.db, gone.id)).toBeNull();
    const bob = home.as(read?.actor ?? home.ctx.actor);
    expect((await listSessions(bob, user.id)).map((each) => each.id).sort()).toEqual([one.id, two.id].sort());
    done(await revokeSession(bob, two.id));
    await revokeSessionById(home.db, 'no id');
    expect(await readSession(home.db, two.id)).toBeNull();
    expect(await changePassword(bob, user.id, { current: 'wrong', next: 'long enough 2' })).toMatchObject({
      pointers: [{ pointer: '/current' }],
    });
    done(await changePassword(bob, user.id, { current: 'long enough 1', next: 'long enough 2' }));
    expect(await readSession(home.db, one.id)).toBeNull();
    const again = await start();
    done(await updateUser(home.ctx, user.id, { disabled: true }));
    expect(await readSession(home.db, again.id)).toBeNull();
    expect(await getUserActor(home.db, user.id)).toBeNull();
  });

  it('cannot take their own rights away', async () => {
    expect(await updateUser(home.ctx, home.ctx.actor.id, { disabled: true })).toMatchObject({
      reason: 'invalid',
    });
  });

  it.each([
    [{ email: 'admin@localhost', password: 'long enough 1', grants: [] }, 'conflict'],
    [{ email: 'new@localhost', password: 'short', grants: [] }, 'invalid'],
    [
      { email: 'new@localhost', password: 'long enough 1', grants: [{ role: 'admin', site: 'nowhere' }] },
      'invalid',
    ],
  ] as const)('%j: %s', async (input, reason) => {
    expect(await createUser(home.ctx, input)).toMatchObject({ ok: false, reason });
  });
});
