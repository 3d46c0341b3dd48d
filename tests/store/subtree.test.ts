import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Actor, Scope } from '#lib/domain/actor.ts';
import type { Mac } from '#lib/domain/mac.ts';
import { listAudit } from '#lib/store/audit.ts';
import type { StoreContext } from '#lib/store/context.ts';
import { deviceFiles, deviceFileText, listPublications } from '#lib/store/device-files.ts';
import {
  approveDevice,
  countDevices,
  getDevice,
  getDeviceByMac,
  listDevices,
  patchDevice,
  putDeviceByMac,
  retireDevice,
  revealSecrets,
  rotateToken,
  suspendDevice,
} from '#lib/store/devices.ts';
import { deviceEvents, listEvents } from '#lib/store/events.ts';
import { setGlobalSettings } from '#lib/store/global-settings.ts';
import { overlayModel } from '#lib/store/models.ts';
import {
  createRegistrar,
  deleteRegistrar,
  getRegistrar,
  listRegistrars,
  updateRegistrar,
} from '#lib/store/registrars.ts';
import { createRule, deleteRule, listRules, reorderRules, updateRule } from '#lib/store/rules.ts';
import { createSite, deleteSite, getSite, listSites, updateSite } from '#lib/store/sites.ts';
import {
  createTemplate,
  deleteTemplate,
  getTemplate,
  listTemplates,
  publishTemplate,
  saveDraft,
} from '#lib/store/templates.ts';
import { createToken, findTokenActor, listTokens, revokeToken } from '#lib/store/tokens.ts';
import { createUser, listUsers } from '#lib/store/users.ts';
import {
  addPhone,
  body,
  createInstallation,
  done,
  nextMac,
  PHONE,
  type TestInstallation,
} from './installation.ts';

let home: TestInstallation;
let mine: { id: string; slug: string };
let theirs: { id: string; slug: string };
let reseller: StoreContext;

beforeAll(async () => {
  home = await createInstallation();
  mine = done(await createSite(home.ctx, { name: 'Mine' })).site;
  theirs = done(await createSite(home.ctx, { name: 'Theirs' })).site;
  reseller = limited(['write', 'reveal']);
});
afterAll(() => home.close());

function limited(scopes: readonly Scope[], siteId: string = mine.id): StoreContext {
  const actor: Actor = {
    kind: 'token',
    id: crypto.randomUUID(),
    name: 'Reseller',
    grants: [{ scopes, siteId }],
  };
  return home.as(actor);
}

describe('a device of somebody else', () => {
  it('is not there, whatever is asked of it', async () => {
    const device = await addPhone(home.ctx, { site: theirs.slug });
    const { id } = device;
    expect(await getDevice(reseller, id)).toBeNull();
    expect(await getDeviceByMac(reseller, device.mac as Mac)).toBeNull();
    expect(await deviceFiles(reseller, id)).toBeNull();
    expect(await deviceEvents(reseller, id)).toBeNull();
    expect(await listPublications(reseller, id)).toBeNull();
    const refusals = [
      await deviceFileText(reseller, id, { name: `${device.mac}.cfg` }),
      await patchDevice(reseller, id, { input: body({ label: 'X' }) }),
      await suspendDevice(reseller, id),
      await retireDevice(reseller, id),
      await rotateToken(reseller, id, { revoke: true }),
      await revealSecrets(reseller, id, { reason: 'x' }),
      await approveDevice(reseller, id, { model: null, site: null }),
    ];
    expect(refusals.map((each) => !each.ok && each.reason)).toEqual(Array(7).fill('not-found'));
    expect(await getDevice(home.ctx, id)).toEqual(device);
  });

  it('keeps its MAC: 409 without a detail', async () => {
    const device = await addPhone(home.ctx, { site: theirs.slug });
    const outcome = await putDeviceByMac(reseller, device.mac as Mac, body({ model: PHONE.model }));
    expect(outcome).toEqual({ ok: false, reason: 'mac-in-use', pointers: [] });
  });

  it('is in no list, count or event', async () => {
    const own = await addPhone(home.ctx, { site: mine.slug });
    await addPhone(home.ctx, { site: theirs.slug });
    expect((await listDevices(reseller)).data.map((each) => each.id)).toEqual([own.id]);
    expect((await listDevices(reseller, { siteId: theirs.id })).data).toEqual([]);
    expect((await countDevices(reseller)).active).toBe(1);
    const events = (await listEvents(reseller)).data;
    expect(events.length).toBeGreaterThan(0);
    for (const event of events) expect(event.siteId).toBe(mine.id);
    for (const entry of (await listAudit(reseller)).data) expect(entry.siteId).toBe(mine.id);
  });

  it('does not lend its account', async () => {
    const device = await addPhone(home.ctx, { site: theirs.slug });
    const account = device.lines[0]?.account;
    const value = { model: PHONE.model, site: mine.slug, lines: [{ index: 1, account }] };
    expect(await putDeviceByMac(reseller, nextMac(), body(value))).toMatchObject({
      pointers: [{ pointer: '/lines/0/account' }],
    });
  });
});

describe('a limited writer', () => {
  it('adds phones at its own site, also without naming it', async () => {
    const outcome = done(await putDeviceByMac(reseller, nextMac(), body({ model: PHONE.model })));
    expect(outcome.device.site).toBe(mine.slug);
  });

  it('cannot put or move a phone elsewhere', async () => {
    const value = { model: PHONE.model, site: theirs.slug };
    expect(await putDeviceByMac(reseller, nextMac(), body(value))).toMatchObject({
      pointers: [{ pointer: '/site' }],
    });
    const own = await addPhone(home.ctx, { site: mine.slug });
    expect(await patchDevice(reseller, own.id, { input: body({ site: theirs.slug }) })).toMatchObject({
      reason: 'invalid',
    });
  });

  it('sees its own subtree of sites and nothing above it', async () => {
    done(await createSite(reseller, { name: 'Mine below', parent: mine.slug }));
    expect((await listSites(reseller)).data.map((site) => site.slug)).toEqual(['mine', 'mine-below']);
    expect(await getSite(reseller, theirs.slug)).toBeNull();
    expect(await createSite(reseller, { name: 'Root' })).toMatchObject({
      pointers: [{ pointer: '/parent' }],
    });
    expect(await createSite(reseller, { name: 'X', parent: theirs.slug })).toMatchObject({
      reason: 'invalid',
    });
    expect(await updateSite(reseller, theirs.slug, { input: { name: 'X' } })).toMatchObject({
      reason: 'not-found',
    });
    expect(await deleteSite(reseller, theirs.slug)).toMatchObject({ reason: 'not-found' });
  });

  it('keeps to its own registrars', async () => {
    const { registrar } = done(await createRegistrar(home.ctx, { site: theirs.slug, host: 'a.example' }));
    expect(await getRegistrar(reseller, registrar.id)).toBeNull();
    expect(await updateRegistrar(reseller, registrar.id, { input: { host: 'b' } })).toMatchObject({
      reason: 'not-found',
    });
    expect(await deleteRegistrar(reseller, registrar.id)).toMatchObject({ reason: 'not-found' });
    expect(await createRegistrar(reseller, { site: theirs.slug, host: 'x' })).toMatchObject({
      reason: 'invalid',
    });
    const own = done(await createRegistrar(reseller, { site: mine.slug, host: 'mine.example' })).registrar;
    const seen = (await listRegistrars(reseller)).data;
    expect(seen.map((each) => each.id)).toContain(own.id);
    for (const each of seen) expect(each.siteId).toBe(mine.id);
  });

  it('makes rules and templates for its own phones alone', async () => {
    expect(await createRule(reseller, { name: 'R' })).toMatchObject({
      pointers: [{ pointer: '/match/site' }],
    });
    const { rule } = done(await createRule(reseller, { name: 'R', match: { site: mine.slug } }));
    expect(rule.match.site).toBe(mine.id);
    expect(await updateRule(reseller, rule.id, { input: { match: {} } })).toMatchObject({
      reason: 'invalid',
    });
    const [known] = await listRules(home.ctx);
    expect(await deleteRule(reseller, known?.id ?? '')).toMatchObject({ reason: 'not-found' });
    expect(await reorderRules(reseller, [])).toMatchObject({ reason: 'forbidden' });
    const text = { name: '{mac}.cfg', vendor: 'flyingvoice', body: 'a=1\n' } as const;
    expect(await createTemplate(reseller, text)).toMatchObject({ pointers: [{ pointer: '/site' }] });
    const own = done(await createTemplate(reseller, { ...text, site: mine.slug })).template;
    done(await publishTemplate(reseller, own.id));
    const other = done(await createTemplate(home.ctx, { ...text, site: theirs.slug })).template;
    expect(await getTemplate(reseller, other.id)).toBeNull();
    expect(await saveDraft(reseller, other.id, { input: { body: 'b=1' } })).toMatchObject({
      reason: 'not-found',
    });
    expect(await publishTemplate(reseller, other.id)).toMatchObject({ reason: 'not-found' });
    expect(await deleteTemplate(reseller, other.id)).toMatchObject({ reason: 'not-found' });
    const seen = (await listTemplates(reseller)).data;
    expect(seen.filter((each) => !each.shipped).map((each) => each.id)).toEqual([own.id]);
    expect(seen.some((each) => each.shipped)).toBe(true);
  });

  it('changes nothing that is everybody’s', async () => {
    expect(await overlayModel(reseller, PHONE.model, { overlay: { keys: 1 } })).toMatchObject({
      reason: 'forbidden',
    });
    expect(await setGlobalSettings(reseller, { variables: { language: 'de' } })).toMatchObject({
      reason: 'forbidden',
    });
    expect(await createUser(reseller, { email: 'a@b', password: 'long enough 1', grants: [] })).toMatchObject(
      { reason: 'forbidden' },
    );
    expect((await listUsers(reseller)).data).toEqual([]);
  });
});

describe('tokens', () => {
  it('are made by administrators, never with more rights or reach than theirs', async () => {
    const input = { name: 'T', scopes: ['read'] as const, site: mine.slug, expiresAt: null };
    expect(await createToken(reseller, input)).toMatchObject({ reason: 'forbidden' });
    const admin = limited(['admin']);
    expect(await createToken(admin, { ...input, site: null })).toMatchObject({ reason: 'forbidden' });
    expect(await createToken(admin, { ...input, site: theirs.slug })).toMatchObject({ reason: 'invalid' });
    const { clear, token } = done(await createToken(admin, input));
    expect(await findTokenActor(home.db, clear)).toMatchObject({
      name: 'T',
      grants: [{ scopes: ['read'], siteId: mine.id }],
    });
    expect((await listTokens(admin)).data.map((each) => each.id)).toEqual([token.id]);
    done(await revokeToken(admin, token.id));
    expect(await findTokenActor(home.db, clear)).toBeNull();
  });

  it('end when they expire', async () => {
    const expiresAt = new Date(Date.now() - 1000).toISOString();
    const { clear } = done(
      await createToken(home.ctx, { name: 'T', scopes: ['read'], site: null, expiresAt }),
    );
    expect(await findTokenActor(home.db, clear)).toBeNull();
  });
});

it.each(['read', 'operate'] as const)('with the scope %s nothing can be written', async (scope) => {
  const reader = limited([scope]);
  const device = await addPhone(home.ctx, { site: mine.slug });
  expect(await getDevice(reader, device.id)).not.toBeNull();
  const refusals = [
    await putDeviceByMac(reader, nextMac(), body({ model: PHONE.model })),
    await patchDevice(reader, device.id, { input: body({ label: 'X' }) }),
    await suspendDevice(reader, device.id),
    await rotateToken(reader, device.id, { revoke: false }),
    await revealSecrets(reader, device.id, { reason: 'x' }),
    await createSite(reader, { name: 'X', parent: mine.slug }),
    await updateSite(reader, mine.slug, { input: { name: 'X' } }),
    await deleteSite(reader, mine.slug),
    await createRegistrar(reader, { site: mine.slug, host: 'x' }),
    await createRule(reader, { name: 'R', match: { site: mine.slug } }),
    await createTemplate(reader, { name: 'a.cfg', vendor: 'flyingvoice', site: mine.slug, body: 'a=1' }),
  ];
  expect(refusals.map((each) => !each.ok && each.reason)).toEqual(Array(refusals.length).fill('forbidden'));
});
