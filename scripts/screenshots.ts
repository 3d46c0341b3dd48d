/**
 * `npm run screenshots`: draws every page of the console, in both themes, 1440 and 390 wide, to `.cache/screenshots`. The
 * pictures are of an installation of their own, with a few phones in different states.
 */
import { createSocket } from 'node:dgram';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { type Browser, chromium, type Page } from '@playwright/test';
import { findSubscribeCase } from '../tests/support/pnp-vectors.ts';
import { projectRoot, startNode } from '../tests/support/processes.ts';

const FOLDER = path.join(projectRoot, '.cache', 'screenshots');
const SIZES = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } } as const;
const CHROMIUM_ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
];

const KEYS = [
  { index: 2, type: 'blf', line: 1, value: '1002', label: 'Bob', pickupValue: '*8' },
  { index: 3, type: 'speed-dial', value: '+49301234567', label: 'Front door' },
];

interface Facts {
  readonly webUrl: string;
  readonly phoneUrl: string;
  readonly email: string;
  readonly password: string;
  readonly token: string;
  readonly sipPort: number;
}

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
const installation = startNode('tests/e2e/installation.ts');
try {
  const facts: Facts = JSON.parse(await installation.waitForLine(/^\{"email"/));
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM_ARGUMENTS });
  await drawAll(browser, facts, {
    pages: { 'phones-empty': '/phones', 'new-phones-empty': '/new-phones' },
    withSignIn: true,
  });
  const phones = await makeFleet(facts);
  await askWithoutMac(facts);
  await drawAll(browser, facts, { pages: pagesOf(phones), withSignIn: false });
  await browser.close();
} finally {
  await installation.stop();
}
console.log(`The pictures are in ${path.relative(projectRoot, FOLDER)}.`);

function chromiumPath(): string | undefined {
  const known = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'];
  return known.find((candidate) => candidate !== undefined && existsSync(candidate));
}

function pagesOf(phones: Fleet): Record<string, string> {
  return {
    phones: '/phones',
    'phones-none': '/phones?q=nothing-like-this',
    'new-phones': '/new-phones',
    phone: `/phones/${phones.current}`,
    'phone-lines': `/phones/${phones.current}/lines`,
    'phone-files': `/phones/${phones.current}/files`,
    'phone-timeline': `/phones/${phones.current}/timeline`,
    'phone-failing': `/phones/${phones.failing}`,
    'phone-never-seen': `/phones/${phones.neverSeen}`,
    'not-found': '/nowhere',
  };
}

interface Drawing {
  /** Names of pictures and the addresses that they show. */
  readonly pages: Readonly<Record<string, string>>;
  readonly withSignIn: boolean;
}

async function drawAll(browser: Browser, facts: Facts, { pages, withSignIn }: Drawing): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [name, viewport] of Object.entries(SIZES)) {
      const context = await browser.newContext({ baseURL: facts.webUrl, colorScheme, viewport });
      const page = await context.newPage();
      const draw = async (what: string): Promise<void> => {
        await page.getByRole('heading', { level: 1 }).first().waitFor();
        await page.getByRole('status', { name: 'Loading' }).waitFor({ state: 'detached' });
        await page.evaluate(() => document.fonts.ready);
        await page.screenshot({
          path: path.join(FOLDER, `${what}-${name}-${colorScheme}.png`),
          fullPage: name === 'narrow',
        });
      };
      await page.goto('/sign-in');
      if (withSignIn) await draw('sign-in');
      await signIn(page, facts);
      for (const [what, address] of Object.entries(pages)) {
        await page.goto(address);
        await draw(what);
      }
      await context.close();
    }
  }
}

async function signIn(page: Page, { email, password }: Facts): Promise<void> {
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/phones');
}

interface Fleet {
  readonly current: string;
  readonly failing: string;
  readonly neverSeen: string;
}

/** Phones that have fetched, that are out of date, that fail, that are suspended, and one that nobody knows. */
async function makeFleet(facts: Facts): Promise<Fleet> {
  const current = await putPhone(facts, '0021f222b01d', {
    label: 'Reception',
    ...lines('1001', '1002'),
    keys: KEYS,
    tags: ['lobby'],
  });
  const outdated = await putPhone(facts, '0021f222b01e', { label: 'Lobby', ...lines('1003') });
  const failing = await putPhone(facts, '0021f222b01f', { label: 'Workshop', ...lines('1004') });
  const neverSeen = await putPhone(facts, '0021f222b020', {
    label: 'Anna Braun-Schöneberg, accounting, third floor',
    ...lines('1005'),
  });
  const suspended = await putPhone(facts, '0021f222b021', { label: 'Warehouse', ...lines('1006') });
  for (const mac of ['0021f222b01d', '0021f222b01e', '0021f222b01f', '0021f222b021'])
    await bootPhone(facts, mac);
  await bootPhone(facts, '0021f2bb0001');
  await callApi(facts, 'PATCH', `/devices/${outdated}`, { lines: [{ index: 1, label: 'Lobby desk' }] });
  await callApi(
    facts,
    'PATCH',
    `/devices/${failing}`,
    lines(...Array.from({ length: 40 }, (_, at) => String(2000 + at))),
  );
  await callApi(facts, 'POST', `/devices/${suspended}/suspend`, {});
  return { current, failing, neverSeen };
}

function lines(...userNames: string[]): { lines: object[] } {
  const registrar = { sipServer: 'pbx.example.net', sipPort: 5060, transport: 'udp' };
  const line = (userName: string, at: number) => ({
    index: at + 1,
    userName,
    password: 'secret',
    label: userName,
    ...registrar,
  });
  return { lines: userNames.map(line) };
}

async function putPhone(facts: Facts, mac: string, phone: object): Promise<string> {
  const body = { model: 'flyingvoice/fip14g', site: 'default', ...phone };
  const device = await callApi(facts, 'PUT', `/devices/by-mac/${mac}`, body);
  return String(device.id);
}

async function callApi(
  facts: Facts,
  method: string,
  address: string,
  body: object,
): Promise<Record<string, unknown>> {
  const reply = await fetch(`${facts.webUrl}/api/v1${address}`, {
    method,
    headers: { Authorization: `Bearer ${facts.token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${method} ${address}: ${reply.status} ${text}`);
  return JSON.parse(text);
}

async function bootPhone({ sipPort }: Facts, mac: string): Promise<void> {
  const command = ['--vendor', 'flyingvoice', '--mac', mac, '--port', String(sipPort), '--timeout', '3'];
  await startNode('sip-worker/simulator/main.ts', command).ended;
}

/** An AudioCodes phone, which does not say its MAC. */
async function askWithoutMac({ sipPort }: Facts): Promise<void> {
  const phone = createSocket('udp4');
  await new Promise<void>((resolve) => phone.bind(0, '127.0.0.1', resolve));
  phone.setMulticastInterface('127.0.0.1');
  await new Promise((resolve) =>
    phone.send(findSubscribeCase('audiocodes-seed').raw, sipPort, '224.0.1.75', resolve),
  );
  phone.close();
}
