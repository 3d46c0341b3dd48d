import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCatalog } from '#lib/store/catalog.ts';
import { EVERYTHING } from '#lib/store/catalog-changes.ts';
import {
  deviceFileProvenance,
  deviceFiles,
  deviceFileText,
  listPublications,
} from '#lib/store/device-files.ts';
import { getDevice, patchDevice, resumeDevice, retireDevice, suspendDevice } from '#lib/store/devices.ts';
import { setGlobalSettings } from '#lib/store/global-settings.ts';
import { getJob } from '#lib/store/jobs.ts';
import { publishDevices } from '#lib/store/publications.ts';
import { createSite, getSite, updateSite } from '#lib/store/sites.ts';
import { sweep } from '#lib/store/sweep.ts';
import { createTemplate, deleteTemplate, publishTemplate, saveDraft } from '#lib/store/templates.ts';
import { addPhone, body, createInstallation, done, type TestInstallation } from './installation.ts';

let home: TestInstallation;
beforeAll(async () => {
  home = await createInstallation();
});
afterAll(() => home.close());

async function newSite(name: string): Promise<string> {
  return done(await createSite(home.ctx, { name })).site.slug;
}

async function publishOwn(site: string, text: string) {
  const input = { name: '{mac}.cfg', vendor: 'flyingvoice', site, body: text } as const;
  const { template } = done(await createTemplate(home.ctx, input));
  return done(await publishTemplate(home.ctx, template.id));
}

async function mainText(id: string, mac: string): Promise<string> {
  return done(await deviceFileText(home.ctx, id, { name: `${mac}.cfg` })).text;
}

describe('a device', () => {
  it('has files with masked secrets, and says where each line comes from', async () => {
    const device = await addPhone(home.ctx);
    const files = await deviceFiles(home.ctx, device.id);
    expect(files?.map((file) => file.name)).toContain(`${device.mac}.cfg`);
    const text = await mainText(device.id, device.mac);
    expect(text).toContain('1001');
    expect(text).not.toContain('s3cret');
    const { lines } = done(await deviceFileProvenance(home.ctx, device.id, { name: `${device.mac}.cfg` }));
    const user = lines.find((line) =>
      line.origins.some((origin) => origin.path === 'lines[1].account.userName'),
    );
    expect(user).toMatchObject({ origins: [{ layer: { kind: 'device' } }] });
    expect(lines.find((line) => line.text.startsWith('features.pound_key.mode'))?.source).toMatchObject({
      kind: 'parameter',
    });
  });

  it('gets a revision only when a file changes', async () => {
    const device = await addPhone(home.ctx);
    const labelled = done(await patchDevice(home.ctx, device.id, { input: body({ person: 'Anna' }) })).device;
    expect(labelled).toMatchObject({ version: 2, revision: 1, behind: false });
    const renamed = done(
      await patchDevice(home.ctx, device.id, { input: body({ lines: [{ index: 1, label: 'X' }] }) }),
    );
    expect(renamed.device).toMatchObject({ version: 3, revision: 2 });
    const history = await listPublications(home.ctx, device.id);
    expect(history?.data.map((each) => [each.revision, each.deviceVersion])).toEqual([
      [2, 3],
      [1, 1],
    ]);
    const first = done(await deviceFileText(home.ctx, device.id, { name: `${device.mac}.cfg`, revision: 1 }));
    expect(first.text).not.toBe(await mainText(device.id, device.mac));
  });

  it('that was changed meanwhile is not overwritten by who saw an older version', async () => {
    const device = await addPhone(home.ctx);
    done(await patchDevice(home.ctx, device.id, { input: body({ label: 'A' }), version: 1 }));
    expect(await patchDevice(home.ctx, device.id, { input: body({ label: 'B' }), version: 1 })).toMatchObject(
      { reason: 'stale' },
    );
  });

  it('loses its accounts when it is suspended, and gets them back', async () => {
    const device = await addPhone(home.ctx);
    const before = await mainText(device.id, device.mac);
    done(await suspendDevice(home.ctx, device.id));
    const suspended = await mainText(device.id, device.mac);
    expect(suspended).not.toMatch(/user_name=1001/);
    done(await resumeDevice(home.ctx, device.id));
    expect(await mainText(device.id, device.mac)).toBe(before);
    done(await retireDevice(home.ctx, device.id));
    expect(await mainText(device.id, device.mac)).toBe(suspended);
    expect(await resumeDevice(home.ctx, device.id)).toMatchObject({ reason: 'wrong-state' });
  });
});

describe('the gate', () => {
  it('keeps the last files of a phone that it refuses while others are published', async () => {
    const site = await newSite('Gate');
    const [bad, good] = [
      await addPhone(home.ctx, { site, label: 'bad' }),
      await addPhone(home.ctx, { site }),
    ];
    const before = await mainText(bad.id, bad.mac);
    const broken =
      '{% if device.label == "bad" %}own.key={{ nobodyDeclaredThis }}{% else %}own.key=1{% endif %}\n';
    const { effect } = await publishOwn(site, broken);
    expect(effect).toMatchObject({ affected: 2, failing: 1, state: 'published', job: null });
    const refused = await getDevice(home.ctx, bad.id);
    expect(refused?.publication).toMatchObject({
      state: 'failing',
      errors: [{ code: 'undeclared-variable', line: 1 }],
    });
    expect(refused).toMatchObject({ revision: 1, behind: false });
    expect(await mainText(bad.id, bad.mac)).toBe(before);
    expect(await mainText(good.id, good.mac)).toContain('own.key=1');
  });

  it('saves desire all the same', async () => {
    const lines = Array.from({ length: 9 }, (_, at) => ({ index: at + 1, userName: `u${at}` }));
    const device = await addPhone(home.ctx, { lines });
    expect(device.publication).toMatchObject({ state: 'failing', errors: [{ code: 'too-many-lines' }] });
    expect(device.lines).toHaveLength(9);
    expect(await deviceFiles(home.ctx, device.id)).toEqual([]);
  });

  it('never keeps a phone from being suspended', async () => {
    const site = await newSite('Stuck');
    const device = await addPhone(home.ctx, { site });
    await publishOwn(site, 'own.key={{ nobodyDeclaredThis }}\n');
    const suspended = done(await suspendDevice(home.ctx, device.id)).device;
    expect(suspended.publication.state).toBe('published');
    expect(await mainText(device.id, device.mac)).not.toMatch(/user_name=1001/);
  });

  it('refuses to publish a template that cannot be read, with line and column', async () => {
    const input = { name: 'time.cfg', vendor: 'flyingvoice', body: 'a=1\n{% if %}\n' } as const;
    const { template } = done(await createTemplate(home.ctx, input));
    expect(await publishTemplate(home.ctx, template.id)).toMatchObject({
      ok: false,
      reason: 'invalid',
      pointers: [{ pointer: '/body', detail: expect.stringMatching(/^2:\d+: /) }],
    });
    done(await saveDraft(home.ctx, template.id, { input: { body: 'a=1\n' } }));
    expect(
      await saveDraft(home.ctx, template.id, { input: { body: 'account.1.password=hush\n' } }),
    ).toMatchObject({
      reason: 'invalid',
      pointers: [{ detail: expect.not.stringContaining('hush') }],
    });
    done(await deleteTemplate(home.ctx, template.id));
  });
});

describe('a change of the catalog', () => {
  it('publishes the phones in its scope and nobody else', async () => {
    const [here, there] = [await newSite('Here'), await newSite('There')];
    const [mine, other] = [
      await addPhone(home.ctx, { site: here, variables: {} }),
      await addPhone(home.ctx, { site: there }),
    ];
    const changed = done(
      await updateSite(home.ctx, here, { input: { variables: { timezone: 'Asia/Tokyo' } } }),
    );
    expect(changed.effect).toMatchObject({ affected: 1, state: 'published' });
    expect(await getDevice(home.ctx, mine.id)).toMatchObject({ revision: 2, behind: false });
    expect(await getDevice(home.ctx, other.id)).toEqual(other);
    expect(
      done(await updateSite(home.ctx, here, { input: { networks: ['10.1.0.0/24'] } })).effect.affected,
    ).toBe(0);
  });

  it('that sets what is set already changes nothing', async () => {
    const before = (await loadCatalog(home.db, home.vault)).revision;
    const site = await getSite(home.ctx, 'default');
    done(await updateSite(home.ctx, 'default', { input: { name: site?.name ?? '' } }));
    expect((await loadCatalog(home.db, home.vault)).revision).toBe(before);
  });

  it('publishes 20 phones at once and 21 by a job', async () => {
    const site = await newSite('Many');
    const phones = [];
    for (let n = 0; n < 20; n += 1) phones.push(await addPhone(home.ctx, { site }));
    expect((await publishOwn(site, 'own.key=1\n')).effect).toMatchObject({
      affected: 20,
      state: 'published',
      job: null,
    });
    phones.push(await addPhone(home.ctx, { site }));
    const { effect } = done(
      await updateSite(home.ctx, site, { input: { variables: { ntpServer: 'ntp.many.example' } } }),
    );
    expect(effect).toMatchObject({
      affected: 21,
      state: 'queued',
      job: { state: 'running', total: 21, done: 0 },
    });
    expect(await getDevice(home.ctx, phones[0]?.id ?? '')).toMatchObject({ behind: true });
    expect(await sweep(home.ctx, { limit: 10 })).toMatchObject({ devices: 10, more: true });
    const jobId = effect.job?.id ?? '';
    expect(await getJob(home.ctx, jobId)).toMatchObject({ state: 'running', done: 10 });
    const [one, two] = await Promise.all([sweep(home.ctx, { limit: 6 }), sweep(home.ctx, { limit: 6 })]);
    expect(one.devices + two.devices).toBe(11);
    expect(await getJob(home.ctx, jobId)).toMatchObject({ state: 'done', done: 21, failed: 0 });
    for (const phone of phones)
      expect(await getDevice(home.ctx, phone.id)).toMatchObject({
        behind: false,
        publication: { state: 'published' },
      });
  });

  it('that races the edit of a device leaves no old file behind', async () => {
    const site = await newSite('Race');
    const device = await addPhone(home.ctx, { site });
    const { template } = done(
      await createTemplate(home.ctx, {
        name: '{mac}.cfg',
        vendor: 'flyingvoice',
        site,
        body: 'own.key={{ device.label }}\n',
      }),
    );
    // The device's publication has compiled, with the old catalog, when the template is published.
    const compiler: typeof home.ctx.compiler = {
      ...home.ctx.compiler,
      compile: async (catalog, jobs) => {
        const outcomes = await home.ctx.compiler.compile(catalog, jobs);
        await racing();
        return outcomes;
      },
    };
    let racing = async (): Promise<void> => {
      racing = async () => undefined;
      done(await publishTemplate(home.ctx, template.id));
    };
    done(await patchDevice({ ...home.ctx, compiler }, device.id, { input: body({ label: 'Raced' }) }));
    expect(await mainText(device.id, device.mac)).toContain('own.key=Raced');
    expect(await getDevice(home.ctx, device.id)).toMatchObject({ behind: false });
  });

  it('that is committed while nobody publishes is mended by the sweeper', async () => {
    const site = await newSite('Mend');
    const device = await addPhone(home.ctx, { site });
    await home.db.device.update({
      where: { id: device.id },
      data: { label: 'Written', version: { increment: 1 } },
    });
    await home.pool.query(`INSERT INTO catalog_changes (revision, vendors, models, site_id, summary)
      SELECT catalog_revision + 1, '{}', '{}', s.id, 'by hand' FROM installation, sites s WHERE slug = 'mend'`);
    await home.pool.query('UPDATE installation SET catalog_revision = catalog_revision + 1');
    expect(await getDevice(home.ctx, device.id)).toMatchObject({ behind: true });
    await sweep(home.ctx);
    expect(await getDevice(home.ctx, device.id)).toMatchObject({ behind: false });
    expect(await sweep(home.ctx)).toEqual({ devices: 0, sites: 0, more: false });
  });

  it('that moves for ever leaves the device to the sweeper', async () => {
    const device = await addPhone(home.ctx);
    const compiler: typeof home.ctx.compiler = {
      ...home.ctx.compiler,
      compile: async (catalog, jobs) => {
        await home.pool.query('UPDATE installation SET catalog_revision = catalog_revision + 1');
        return home.ctx.compiler.compile(catalog, jobs);
      },
    };
    const report = await publishDevices({ ...home.ctx, compiler }, [device.id], 'test');
    expect(report).toEqual({ published: [], unchanged: [], failing: [], left: [device.id] });
  });

  it('that concerns nobody does not make a publication start over', async () => {
    const device = await addPhone(home.ctx);
    await home.db.device.update({
      where: { id: device.id },
      data: { label: 'X', version: { increment: 1 } },
    });
    let compiled = 0;
    const compiler: typeof home.ctx.compiler = {
      ...home.ctx.compiler,
      compile: async (catalog, jobs) => {
        compiled += 1;
        await newSite(`Meanwhile ${compiled}`);
        return home.ctx.compiler.compile(catalog, jobs);
      },
    };
    const report = await publishDevices({ ...home.ctx, compiler }, [device.id], 'test');
    expect(report).toMatchObject({ left: [] });
    expect(compiled).toBe(1);
    expect(await getDevice(home.ctx, device.id)).toMatchObject({ behind: false });
  });

  it('of everything reaches every phone', async () => {
    const { effect } = done(
      await setGlobalSettings(home.ctx, { variables: { syslogServer: 'log.example' } }),
    );
    expect(effect.affected).toBe(
      (await home.db.device.count({ where: { state: { in: ['active', 'suspended'] } } })) as number,
    );
    while ((await sweep(home.ctx)).more);
    expect(EVERYTHING).toEqual({ vendors: [], models: [], siteId: null });
  });
});

describe('common files', () => {
  it('are published for a site with its first phone, and for the vendor that it answers for', async () => {
    const site = await newSite('Common');
    await addPhone(home.ctx, { site });
    const names = async () =>
      (await home.db.siteFile.findMany({ where: { site: { slug: site } }, orderBy: { name: 'asc' } })).map(
        (file) => file.name,
      );
    expect(await names()).toEqual(['y000000000000.boot', 'y000000000000.cfg']);
    const empty = await newSite('Answers');
    done(await updateSite(home.ctx, empty, { input: { commonFilesFor: 'flyingvoice' } }));
    await sweep(home.ctx);
    expect(await home.db.siteFile.count({ where: { site: { slug: empty } } })).toBe(2);
  });

  it('follow a change of their site', async () => {
    const site = await newSite('Follow');
    await addPhone(home.ctx, { site });
    const before = await home.db.siteFile.findFirst({
      where: { site: { slug: site }, name: 'y000000000000.cfg' },
    });
    done(await updateSite(home.ctx, site, { input: { variables: { ntpServer: 'ntp.follow.example' } } }));
    const after = await home.db.siteFile.findFirst({
      where: { site: { slug: site }, name: 'y000000000000.cfg' },
    });
    expect(after?.address).not.toBe(before?.address);
  });
});
