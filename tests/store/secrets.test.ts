import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deviceFileText } from '#lib/store/device-files.ts';
import { getDevice, patchDevice, revealSecrets, rotateToken } from '#lib/store/devices.ts';
import { recordEvents } from '#lib/store/events.ts';
import { setGlobalSettings, setModelSettings } from '#lib/store/global-settings.ts';
import { getSite, updateSite } from '#lib/store/sites.ts';
import { sweep } from '#lib/store/sweep.ts';
import { createTemplate } from '#lib/store/templates.ts';
import { createToken } from '#lib/store/tokens.ts';
import { createUser } from '#lib/store/users.ts';
import { dumpTables } from './dump.ts';
import { addPhone, body, createInstallation, done, type TestInstallation } from './installation.ts';

let home: TestInstallation;
beforeAll(async () => {
  home = await createInstallation();
});
afterAll(() => home.close());

let planted = 0;
const canaries: string[] = [];

/** A secret that nothing else can look like. */
function canary(): string {
  planted += 1;
  const secret = `cAnArY${planted}x${crypto.randomUUID().slice(0, 8)}`;
  canaries.push(secret);
  return secret;
}

describe('canaries in every place where a secret can be', () => {
  it('are nowhere in the text of the database', async () => {
    const { ctx } = home;
    done(
      await setGlobalSettings(ctx, {
        variables: { adminPassword: canary() },
        parameters: { flyingvoice: { 'x.password': canary() } },
      }),
    );
    done(
      await setModelSettings(ctx, 'flyingvoice/fip14g', {
        variables: { userPassword: canary() },
        parameters: { flyingvoice: { 'y.secret': canary() } },
      }),
    );
    const site = {
      variables: { adminPassword: canary() },
      vendorParameters: { flyingvoice: { 'z.passwd': canary() } },
    };
    done(await updateSite(ctx, 'default', { input: site }));
    for (let n = 0; n < 20; n += 1) {
      const device = await addPhone(ctx, {
        lines: [
          { index: 1, userName: `a${n}`, password: canary() },
          { index: 2, userName: `b${n}`, password: canary() },
        ],
        variables: { adminPassword: canary() },
        parameters: { 'account.1.password': canary() },
      });
      expect(device.publication.errors).toEqual([]);
      const input = body({
        lines: [{ index: 1, password: canary() }],
        variables: { userPassword: canary() },
      });
      done(await patchDevice(ctx, device.id, { input }));
    }
    const template = {
      name: '{mac}.cfg',
      vendor: 'flyingvoice',
      body: `account.3.password=${canary()}\n`,
    } as const;
    expect((await createTemplate(ctx, template)).ok).toBe(false);
    done(
      await createUser(ctx, {
        email: 'x@example.net',
        password: canary(),
        grants: [{ role: 'admin', site: null }],
      }),
    );
    canaries.push(
      done(await createToken(ctx, { name: 'T', scopes: ['read'], site: null, expiresAt: null })).clear,
    );
    while ((await sweep(ctx)).more);
    expect(canaries.length).toBeGreaterThan(100);
    const dump = await dumpTables(home.pool);
    for (const secret of canaries) {
      expect(dump).not.toContain(secret);
      expect(dump).not.toContain(Buffer.from(secret).toString('hex'));
      expect(dump).not.toContain(Buffer.from(secret).toString('base64').slice(0, 16));
    }
  });

  it('are in no reply', async () => {
    const replies: unknown[] = [await getSite(home.ctx, 'default')];
    for (const { id } of await home.db.device.findMany({ select: { id: true } })) {
      const device = await getDevice(home.ctx, id);
      replies.push(device);
      replies.push(done(await deviceFileText(home.ctx, id, { name: `${device?.mac}.cfg` })));
    }
    const text = JSON.stringify(replies);
    for (const secret of canaries) expect(text).not.toContain(secret);
    expect(text).toContain('adminPassword');
  });

  it('reach the phone', async () => {
    const device = await addPhone(home.ctx, { lines: [{ index: 1, userName: 'z', password: canary() }] });
    const reveal = { reason: 'the phone asks for it' };
    const { text } = done(await deviceFileText(home.ctx, device.id, { name: `${device.mac}.cfg`, reveal }));
    expect(text).toContain(canaries.at(-1));
  });
});

describe('a reveal', () => {
  it('shows what is sealed and is written down with its reason', async () => {
    const device = await addPhone(home.ctx, { variables: { adminPassword: 'open sesame' } });
    const { secrets } = done(await revealSecrets(home.ctx, device.id, { reason: 'ticket 4711' }));
    expect(secrets).toMatchObject({
      lines: [{ index: 1, userName: '1001', password: 's3cret' }],
      settings: [{ kind: 'variable', key: 'adminPassword', value: 'open sesame' }],
    });
    expect(secrets.token).toMatch(/^[a-z2-7]{26}$/);
    const entry = await home.db.auditEntry.findFirst({ where: { action: 'reveal', nounId: device.id } });
    expect(entry).toMatchObject({ actor: 'Anna', summary: expect.stringContaining('ticket 4711') });
  });

  it('needs a reason and the scope', async () => {
    const device = await addPhone(home.ctx);
    expect(await revealSecrets(home.ctx, device.id, { reason: ' ' })).toMatchObject({ reason: 'invalid' });
    const writer = home.as({
      kind: 'token',
      id: 't',
      name: 'T',
      grants: [{ scopes: ['write'], siteId: null }],
    });
    expect(await revealSecrets(writer, device.id, { reason: 'x' })).toMatchObject({ reason: 'forbidden' });
    const reveal = { reason: 'x' };
    expect(await deviceFileText(writer, device.id, { name: `${device.mac}.cfg`, reveal })).toMatchObject({
      reason: 'forbidden',
    });
  });
});

describe('sealed columns', () => {
  it('that were swapped are both unreadable, and nothing is published from them', async () => {
    const [one, two] = [await addPhone(home.ctx), await addPhone(home.ctx)];
    const [a, b] = [one.lines[0]?.account ?? '', two.lines[0]?.account ?? ''];
    await home.pool.query(
      `UPDATE accounts x SET sealed_password = y.sealed_password FROM accounts y
       WHERE (x.id, y.id) IN (($1::uuid, $2::uuid), ($2::uuid, $1::uuid))`,
      [a, b],
    );
    for (const device of [one, two]) {
      const { secrets } = done(await revealSecrets(home.ctx, device.id, { reason: 'test' }));
      expect(secrets.lines[0]?.password).toBeNull();
      const after = done(
        await patchDevice(home.ctx, device.id, { input: body({ label: 'Swapped' }) }),
      ).device;
      expect(after).toMatchObject({ revision: 1, publication: { state: 'failing' } });
      expect(after.publication.errors[0]?.reason).toContain('password of line 1');
      const mended = done(
        await patchDevice(home.ctx, device.id, { input: body({ lines: [{ index: 1, password: 'new' }] }) }),
      );
      expect(mended.publication.state).toBe('published');
    }
  });

  it('cannot be moved from one device to another', async () => {
    const [one, two] = [await addPhone(home.ctx), await addPhone(home.ctx)];
    await home.pool.query(
      'UPDATE devices x SET sealed_token = y.sealed_token FROM devices y WHERE x.id = $1 AND y.id = $2',
      [one.id, two.id],
    );
    const { secrets } = done(await revealSecrets(home.ctx, one.id, { reason: 'test' }));
    expect(secrets.token).toBeNull();
  });
});

describe('a URL token', () => {
  async function lookups(id: string) {
    const row = await home.db.device.findUniqueOrThrow({ where: { id } });
    return [row.tokenLookup, row.previousTokenLookup];
  }

  function fetched(device: { id: string; mac: string; revision: number }, token: 'current' | 'previous') {
    return recordEvents(home.db, [
      {
        ...{
          id: crypto.randomUUID(),
          at: new Date().toISOString(),
          kind: 'download',
          deviceId: device.id,
          mac: device.mac,
        },
        ...{ siteId: null, rootId: null, worker: 'w', address: '10.0.0.1', summary: 'GET' },
        data: { status: 200, role: 'main', revision: device.revision, token },
      },
    ]);
  }

  it('that is rotated stays good until the phone has used the new one', async () => {
    const device = await addPhone(home.ctx);
    const [old] = await lookups(device.id);
    done(await rotateToken(home.ctx, device.id, { revoke: false }));
    const [current, previous] = await lookups(device.id);
    expect([current === old, previous]).toEqual([false, old]);
    await fetched(device, 'previous');
    expect(await lookups(device.id)).toEqual([current, old]);
    await fetched(device, 'current');
    expect(await lookups(device.id)).toEqual([current, null]);
  });

  it('that leaked ends at once', async () => {
    const device = await addPhone(home.ctx);
    done(await rotateToken(home.ctx, device.id, { revoke: true }));
    expect((await lookups(device.id))[1]).toBeNull();
  });
});
