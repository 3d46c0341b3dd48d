/** Which phones the sweeper takes, in which order, and what must not stop it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Compiler } from '#lib/compiler/pool.ts';
import type { Finding } from '#lib/domain/finding.ts';
import { getDevice } from '#lib/store/devices.ts';
import { getJob } from '#lib/store/jobs.ts';
import { createSite, updateSite } from '#lib/store/sites.ts';
import { sweep } from '#lib/store/sweep.ts';
import { createTemplate, publishTemplate } from '#lib/store/templates.ts';
import { addPhone, createInstallation, done, type TestInstallation } from './installation.ts';

let home: TestInstallation;
beforeAll(async () => {
  home = await createInstallation();
});
afterAll(() => home.close());

async function newSite(name: string): Promise<string> {
  return done(await createSite(home.ctx, { name })).site.slug;
}

async function addPhones(site: string, count: number): Promise<string[]> {
  const ids = [];
  for (let n = 0; n < count; n += 1) ids.push((await addPhone(home.ctx, { site })).id);
  return ids;
}

async function touch(ids: readonly string[]): Promise<void> {
  await home.db.device.updateMany({ where: { id: { in: [...ids] } }, data: { version: { increment: 1 } } });
}

it('takes phones that were edited before those that a change left behind', async () => {
  const site = await newSite('Order');
  const ids = await addPhones(site, 22);
  done(await updateSite(home.ctx, site, { input: { variables: { ntpServer: 'ntp.order.example' } } }));
  const [last] = [...ids].sort().reverse();
  await touch([last ?? '']);
  await sweep(home.ctx, { limit: 1 });
  expect(await getDevice(home.ctx, last ?? '')).toMatchObject({ behind: false });
  for (let more = true; more; ) more = (await sweep(home.ctx)).more;
});

it('takes a full batch of phones that several changes left behind', async () => {
  const site = await newSite('Several');
  await addPhones(site, 21);
  for (const ntpServer of ['ntp1.example', 'ntp2.example', 'ntp3.example', 'ntp4.example', 'ntp5.example'])
    done(await updateSite(home.ctx, site, { input: { variables: { ntpServer } } }));
  expect(await sweep(home.ctx, { limit: 20 })).toMatchObject({ devices: 20, more: true });
  expect(await sweep(home.ctx, { limit: 20 })).toMatchObject({ devices: 1, more: false });
});

it('counts a running job when asked to, and whenever nothing is left', async () => {
  const site = await newSite('Counted');
  await addPhones(site, 21);
  const input = { variables: { ntpServer: 'ntp.counted.example' } };
  const id = done(await updateSite(home.ctx, site, { input })).effect.job?.id ?? '';
  await sweep(home.ctx, { limit: 20, countsJobs: false });
  expect(await getJob(home.ctx, id)).toMatchObject({ state: 'running', done: 0 });
  await sweep(home.ctx, { limit: 20, countsJobs: false });
  expect(await getJob(home.ctx, id)).toMatchObject({ state: 'done', done: 21 });
});

it.each([
  ['half a character', `{{ "${'x'.repeat(39)}\u{1f600}" }} without a value`],
  ['an escaped half', '{{ "\\ud800" }} without a value'],
  ['NUL', '{{ "\\u0000" }} without a value'],
])('a template that writes %s stops its own phones and no others', async (name, text) => {
  const site = await newSite(`Text with ${name}`);
  const [bad = ''] = await addPhones(site, 1);
  const [good = ''] = await addPhones('default', 1);
  const input = { name: '{mac}.cfg', vendor: 'flyingvoice', site, body: `${text}\n` } as const;
  const { template } = done(await createTemplate(home.ctx, input));
  expect(done(await publishTemplate(home.ctx, template.id)).effect).toMatchObject({ failing: 1 });
  await touch([good]);
  await sweep(home.ctx);
  expect(await getDevice(home.ctx, bad)).toMatchObject({ behind: false, publication: { state: 'failing' } });
  expect(await getDevice(home.ctx, good)).toMatchObject({ behind: false });
});

it('a phone of which nothing can be written does not hold up the others, and is told of', async () => {
  const ids = await addPhones('default', 3);
  await touch(ids);
  const [cursed = ''] = ids;
  const finding = { severity: 'error', code: 'malformed-file', reason: '\0', fix: '' } as Finding;
  const compiler: Compiler = {
    ...home.ctx.compiler,
    compile: async (catalog, jobs) => {
      const outcomes = await home.ctx.compiler.compile(catalog, jobs);
      return outcomes.map((outcome, at) => {
        const job = jobs[at];
        const isCursed = job?.kind === 'device' && job.device.id === cursed;
        return isCursed ? { ok: false, findings: [finding] } : outcome;
      });
    },
  };
  await expect(sweep({ ...home.ctx, compiler })).rejects.toThrow('unsupported Unicode escape sequence');
  const behind = await Promise.all(ids.map((id) => getDevice(home.ctx, id)));
  expect(behind.map((device) => device?.behind)).toEqual([true, false, false]);
});
