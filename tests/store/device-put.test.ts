import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeviceDocument } from '#lib/domain/device-document.ts';
import type { Mac } from '#lib/domain/mac.ts';
import { getDeviceByMac, putDeviceByMac, retireDevice } from '#lib/store/devices.ts';
import { createSite } from '#lib/store/sites.ts';
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
beforeAll(async () => {
  home = await createInstallation();
});
afterAll(() => home.close());

async function put(mac: Mac, value: unknown) {
  return putDeviceByMac(home.ctx, mac, body(value));
}

async function change(device: DeviceDocument, value: unknown) {
  return done(await put(device.mac as Mac, value)).device;
}

describe('a new phone', () => {
  it('is made of the body of the contract, and published', async () => {
    const mac = nextMac();
    const outcome = done(await put(mac, PHONE));
    expect(outcome.created).toBe(true);
    expect(outcome.publication).toMatchObject({ state: 'published', errors: [] });
    const { password: _, ...line } = PHONE.lines[0] ?? { password: '' };
    expect(outcome.device).toMatchObject({
      ...{
        mac,
        vendor: 'flyingvoice',
        model: PHONE.model,
        site: 'default',
        state: 'active',
        label: 'Reception',
      },
      lines: [{ ...line, hasPassword: true, shared: false }],
      keys: [{ module: 0, ...PHONE.keys[0] }],
      ...{
        variables: PHONE.variables,
        parameters: PHONE.parameters,
        tags: ['lobby'],
        externalId: 'sub-4711',
      },
      ...{ version: 1, revision: 1, behind: false },
    });
    expect(JSON.stringify(outcome)).not.toContain('s3cret');
  });

  it('needs no line', async () => {
    const outcome = done(await put(nextMac(), { model: PHONE.model }));
    expect(outcome.publication.state).toBe('published');
    expect(outcome.device.lines).toEqual([]);
  });

  it('goes to the default site when none is named', async () => {
    expect(done(await put(nextMac(), { model: PHONE.model })).device.site).toBe('default');
  });

  it.each([
    [{}, '/model', 'invalid'],
    [{ model: 'flyingvoice/fip99' }, '/model', 'invalid'],
    [{ model: null }, '/model', 'invalid'],
    [{ model: PHONE.model, site: 'nowhere' }, '/site', 'invalid'],
    [{ model: PHONE.model, state: 'discovered' }, '/state', 'invalid'],
    [{ model: PHONE.model, state: 'retired' }, '/state', 'invalid'],
    [{ model: PHONE.model, lines: [{ index: 1, password: 'x' }] }, '/lines/0/userName', 'invalid'],
    [{ model: PHONE.model, lines: [{ index: 1, userName: '1', sipPort: 5061 }] }, null, 'ok'],
    [{ model: PHONE.model, keys: [{ index: 1, label: 'x' }] }, '/keys/0/type', 'invalid'],
    [
      { model: PHONE.model, lines: [{ index: 1, account: '00000000-0000-4000-8000-000000000000' }] },
      '/lines/0/account',
      'invalid',
    ],
  ])('%j: %s %s', async (value, pointer, reason) => {
    const mac = nextMac();
    const outcome = await put(mac, value);
    expect(outcome.ok ? 'ok' : outcome.reason).toBe(reason);
    if (!outcome.ok) expect(outcome.pointers.map((each) => each.pointer)).toEqual([pointer]);
    expect((await getDeviceByMac(home.ctx, mac)) === null).toBe(!outcome.ok);
  });

  it('says which model was meant', async () => {
    const outcome = await put(nextMac(), { model: 'flyingvoice/fip14q' });
    expect(outcome).toMatchObject({ pointers: [{ detail: expect.stringContaining('flyingvoice/fip14g') }] });
  });
});

describe('a body for a phone that is there', () => {
  it('that repeats the reply changes nothing, not even its version', async () => {
    const device = await addPhone(home.ctx, {
      variables: { timezone: 'Europe/Berlin', adminPassword: 'hush' },
    });
    const before = await home.db.auditEntry.count();
    const again = done(await put(device.mac as Mac, JSON.parse(JSON.stringify(device))));
    expect(again.created).toBe(false);
    expect(again.device).toEqual(device);
    expect(await home.db.auditEntry.count()).toBe(before);
  });

  it('that is empty changes nothing', async () => {
    const device = await addPhone(home.ctx);
    expect(await change(device, {})).toEqual(device);
  });

  it.each([
    ['label', null, null],
    ['label', 'Lobby', 'Lobby'],
    ['person', 'Anna', 'Anna'],
    ['location', 'Floor 2', 'Floor 2'],
    ['serial', 'A1', 'A1'],
    ['tags', null, []],
    ['tags', [], []],
    ['tags', ['a', 'b', 'a'], ['a', 'b']],
    ['lines', null, []],
    ['lines', [], []],
    ['keys', null, []],
    ['variables', null, {}],
    ['variables', { timezone: null }, {}],
    ['variables', { language: 'de' }, { timezone: 'Europe/Berlin', language: 'de' }],
    ['parameters', null, {}],
    ['parameters', { 'a.b': 7 }, { 'features.pound_key.mode': '1', 'a.b': '7' }],
    ['parameters', { 'features.pound_key.mode': null }, {}],
    ['model', 'flyingvoice/fip13g', 'flyingvoice/fip13g'],
    ['modules', [{ index: 1, name: 'EXP' }], [{ index: 1, name: 'EXP' }]],
  ])('%s: %j gives %j and leaves the rest', async (member, value, expected) => {
    const device = await addPhone(home.ctx, { tags: ['lobby'] });
    const after = await change(device, { [member]: value });
    expect(after[member as keyof DeviceDocument]).toEqual(expected);
    expect(after.version).toBe(device.version + 1);
    const same = ['site', 'state', 'externalId', 'mac'] as const;
    for (const name of same) expect(after[name]).toEqual(device[name]);
  });

  it('matches lines by index: what is absent of a matched one stays, what is not listed goes', async () => {
    const device = await addPhone(home.ctx);
    const two = await change(device, {
      lines: [
        { index: 2, userName: '1002', password: 'x2' },
        { index: 1, displayName: 'Anna Braun' },
      ],
    });
    expect(two.lines).toMatchObject([
      {
        index: 1,
        displayName: 'Anna Braun',
        userName: '1001',
        label: '1001',
        hasPassword: true,
        sipServer: 'pbx.example.net',
      },
      { index: 2, userName: '1002', hasPassword: true, enabled: true, label: null },
    ]);
    const one = await change(two, { lines: [{ index: 2 }] });
    expect(one.lines).toEqual([two.lines[1]]);
  });

  it('matches keys by module and index', async () => {
    const device = await addPhone(home.ctx);
    const after = await change(device, {
      keys: [
        { module: 1, index: 2, type: 'dnd' },
        { index: 2, label: 'Robert' },
      ],
    });
    expect(after.keys).toEqual([
      { module: 0, index: 2, type: 'blf', line: 1, value: '1002', label: 'Robert', pickupValue: '*8' },
      { module: 1, index: 2, type: 'dnd', line: null, value: null, label: null, pickupValue: null },
    ]);
  });

  it('keeps an absent password, takes a new one, clears with null', async () => {
    const device = await addPhone(home.ctx);
    const kept = await change(device, { lines: [{ index: 1, userName: '1001' }] });
    expect(kept).toEqual(device);
    expect((await change(device, { lines: [{ index: 1, password: 's3cret' }] })).version).toBe(
      device.version,
    );
    expect((await change(device, { lines: [{ index: 1, password: 'other' }] })).version).toBe(
      device.version + 1,
    );
    expect((await change(device, { lines: [{ index: 1, password: null }] })).lines[0]?.hasPassword).toBe(
      false,
    );
  });

  it('cannot take the user name from a line that is in use', async () => {
    const device = await addPhone(home.ctx);
    const outcome = await put(device.mac as Mac, { lines: [{ index: 1, userName: null }] });
    expect(outcome).toMatchObject({
      ok: false,
      reason: 'invalid',
      pointers: [{ pointer: '/lines/0/userName' }],
    });
  });

  it('moves it to another site', async () => {
    done(await createSite(home.ctx, { name: 'Branch', slug: 'branch', parent: 'default' }));
    const device = await addPhone(home.ctx);
    expect((await change(device, { site: 'branch' })).site).toBe('branch');
  });

  it('suspends and resumes it', async () => {
    const device = await addPhone(home.ctx);
    expect((await change(device, { state: 'suspended' })).state).toBe('suspended');
    expect((await change(device, { state: 'active' })).state).toBe('active');
  });

  it('with the MAC of a retired one makes another device', async () => {
    const device = await addPhone(home.ctx);
    done(await retireDevice(home.ctx, device.id));
    const outcome = done(await put(device.mac as Mac, PHONE.model ? { model: PHONE.model } : {}));
    expect(outcome.created).toBe(true);
    expect(outcome.device.id).not.toBe(device.id);
  });

  it('is refused when another device has the external id', async () => {
    await addPhone(home.ctx, { externalId: 'sub-1' });
    const device = await addPhone(home.ctx);
    const outcome = await put(device.mac as Mac, { externalId: 'sub-1' });
    expect(outcome).toMatchObject({ ok: false, reason: 'conflict', pointers: [{ pointer: '/externalId' }] });
  });

  it('leaves nothing behind when it is refused', async () => {
    const device = await addPhone(home.ctx);
    const outcome = await put(device.mac as Mac, { label: 'New', lines: [{ index: 2, password: 'x' }] });
    expect(outcome.ok).toBe(false);
    expect(await getDeviceByMac(home.ctx, device.mac as Mac)).toEqual(device);
  });

  it('written by two at once is written by both, one after the other', async () => {
    const device = await addPhone(home.ctx);
    await Promise.all([change(device, { person: 'Anna' }), change(device, { location: 'Hall' })]);
    const after = await getDeviceByMac(home.ctx, device.mac as Mac);
    expect(after).toMatchObject({
      person: 'Anna',
      location: 'Hall',
      version: device.version + 2,
      behind: false,
    });
  });

  it('for a new MAC by two at once makes one device', async () => {
    const mac = nextMac();
    const both = await Promise.all([put(mac, { model: PHONE.model }), put(mac, { model: PHONE.model })]);
    expect(both.map((outcome) => outcome.ok && outcome.created).sort()).toEqual([false, true]);
  });
});

describe('accounts', () => {
  async function shared() {
    const desk = await addPhone(home.ctx);
    const account = desk.lines[0]?.account;
    const home2 = done(await put(nextMac(), { model: PHONE.model, lines: [{ index: 1, account }] })).device;
    return { desk, home2, account };
  }

  it('can be pointed to by several lines', async () => {
    const { desk, home2, account } = await shared();
    expect(home2.lines[0]).toMatchObject({ account, userName: '1001', shared: true });
    expect((await getDeviceByMac(home.ctx, desk.mac as Mac))?.lines[0]?.shared).toBe(true);
  });

  it('that are shared are not changed inline, but equal values are no change', async () => {
    const { home2 } = await shared();
    const outcome = await put(home2.mac as Mac, { lines: [{ index: 1, displayName: 'X', password: 'y' }] });
    expect(outcome).toMatchObject({
      ok: false,
      reason: 'shared-account',
      pointers: [{ pointer: '/lines/0/displayName' }, { pointer: '/lines/0/password' }],
    });
    const equal = { displayName: 'Anna B.', password: 's3cret', sipServer: 'PBX.example.net', sipPort: 5060 };
    expect((await change(home2, { lines: [{ index: 1, ...equal }] })).version).toBe(home2.version);
  });

  it('may be changed inline again once the other device is retired', async () => {
    const { desk, home2 } = await shared();
    done(await retireDevice(home.ctx, desk.id));
    expect((await change(home2, { lines: [{ index: 1, displayName: 'X' }] })).lines[0]?.displayName).toBe(
      'X',
    );
  });

  it('that no line uses any more are gone', async () => {
    const device = await addPhone(home.ctx);
    await change(device, { lines: [] });
    expect(await home.db.account.findUnique({ where: { id: device.lines[0]?.account ?? '' } })).toBeNull();
  });

  it('are left by a line with null', async () => {
    const device = await addPhone(home.ctx);
    const after = await change(device, { lines: [{ index: 1, account: null }] });
    expect(after.lines).toMatchObject([{ index: 1, account: null, userName: null, hasPassword: false }]);
  });
});

describe('registrars', () => {
  it('are picked from the site chain when one has the values', async () => {
    const before = await home.db.registrar.count();
    const first = await addPhone(home.ctx, {
      lines: [{ index: 1, userName: '1', sipServer: 'sip.one.example', sipPort: 5070 }],
    });
    const second = await addPhone(home.ctx, {
      lines: [{ index: 1, userName: '2', sipServer: 'sip.one.example', sipPort: 5070 }],
    });
    expect(await home.db.registrar.count()).toBe(before + 1);
    expect([first, second].map((device) => device.lines[0]?.transport)).toEqual(['udp', 'udp']);
  });

  it('change with one member, the others staying', async () => {
    const device = await addPhone(home.ctx);
    const after = await change(device, { lines: [{ index: 1, transport: 'tls' }] });
    expect(after.lines[0]).toMatchObject({ sipServer: 'pbx.example.net', sipPort: 5060, transport: 'tls' });
  });

  it('are inherited with null', async () => {
    const device = await addPhone(home.ctx);
    const after = await change(device, { lines: [{ index: 1, sipServer: null }] });
    expect(after.lines[0]?.sipServer).toBe('pbx.invalid');
  });

  it('named by two new phones at once become one', async () => {
    const line = { index: 1, userName: '1', sipServer: 'sip.three.example', sipPort: 5070, transport: 'tcp' };
    await addPhone(home.ctx);
    const catalog = await home.pool.connect();
    await catalog.query('BEGIN');
    await catalog.query('SELECT 1 FROM installation FOR UPDATE');
    const phones = Promise.all([1, 2].map(() => addPhone(home.ctx, { lines: [line] })));
    await expect.poll(() => countWaiting(home), { timeout: 20_000 }).toBe(2);
    await catalog.query('COMMIT');
    catalog.release();
    await phones;
    expect(await home.db.registrar.count({ where: { host: 'sip.three.example' } })).toBe(1);
  });

  it('made by a line make nobody else behind', async () => {
    const other = await addPhone(home.ctx);
    await addPhone(home.ctx, { lines: [{ index: 1, userName: '1', sipServer: 'sip.two.example' }] });
    expect(await getDeviceByMac(home.ctx, other.mac as Mac)).toEqual(other);
  });
});

/** Transactions of this database that wait for another one. */
async function countWaiting({ pool }: TestInstallation): Promise<number> {
  const { rows } = await pool.query(`
    SELECT count(*)::int AS waiting FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'`);
  return rows[0].waiting;
}
