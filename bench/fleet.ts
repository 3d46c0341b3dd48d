/** Ten thousand phones in a replica like the worker's: rows, tokens and sealed files that compile made. */
import { mkdirSync } from 'node:fs';
import { type CompiledFile, compileDevice } from '#lib/domain/compile.ts';
import type { Mac } from '#lib/domain/mac.ts';
import type { ServedEntity, ServedFile } from '#lib/domain/served.ts';
import { createLiveView, type LiveView } from '../sip-worker/replica/live-view.ts';
import { Replica } from '../sip-worker/replica/store.ts';
import { exampleCatalog, exampleDevice, MAC, TOKEN } from '../tests/support/catalog.ts';
import {
  asDevice,
  asRule,
  asSite,
  TEST_RULE,
  TEST_SITE,
  TEST_VAULT,
} from '../tests/support/served-entities.ts';
import { fullPhone } from './full-phone.ts';

export interface FleetPhone {
  readonly mac: Mac;
  readonly token: string;
  /** Whose SUBSCRIBE it sends. */
  readonly shape: 'flyingvoice' | 'snom';
  /** Its account file by plain name, and the size of that. */
  readonly fileName: string;
  readonly bytes: number;
}

/** Their account files have 2.1, 3.2, 4.2 and 8.2 kB. */
const MODELS = ['fip10', 'fip11c', 'fip13g', 'fip14g'];
const OUI = { flyingvoice: '0021f2', snom: '000413' };
const BATCH = 500;

/** Compiles one phone of each model, and gives every other phone the same lines with its own MAC, token and user. */
export function makeFleet(dataDir: string, count: number): FleetPhone[] {
  mkdirSync(dataDir, { recursive: true });
  const drafts = MODELS.map((model) => compileDraft(`flyingvoice/${model}`));
  const replica = new Replica({ dataDir, vault: TEST_VAULT, log: console });
  const snapshot = replica.startSnapshot();
  const phones: FleetPhone[] = [];
  let batch: ServedEntity[] = [asSite(TEST_SITE), asRule(TEST_RULE)];
  for (let number = 0; number < count; number += 1) {
    const { phone, entities } = makePhone(number, drafts[number % drafts.length] ?? []);
    phones.push(phone);
    batch.push(...entities);
    if (number % BATCH !== BATCH - 1 && number !== count - 1) continue;
    snapshot.add(batch);
    batch = [];
  }
  replica.replaceBy(snapshot, {
    ...{ epoch: 'bench', cursor: '1.1', appliedAbove: [], scope: 'all', snapshotAt: '2026-01-01T00:00:00Z' },
  });
  replica.close();
  return phones;
}

/** The replica of `makeFleet`, as the worker reads it. */
export function openView(dataDir: string): LiveView {
  const replica = new Replica({ dataDir, vault: TEST_VAULT, log: console });
  const follows = () => ({ isLive: true, reason: null, followedAt: null });
  return createLiveView({ replica, vault: TEST_VAULT, follows });
}

function compileDraft(model: string): readonly CompiledFile[] {
  const catalog = exampleCatalog();
  const { files, findings } = compileDevice(catalog, fullPhone(catalog, model), { token: TOKEN });
  if (findings.length > 0) throw new Error(`${model} does not compile: ${findings[0]?.reason}`);
  return files;
}

function makePhone(
  number: number,
  draft: readonly CompiledFile[],
): { readonly phone: FleetPhone; readonly entities: ServedEntity[] } {
  const shape = number % 2 === 0 ? 'flyingvoice' : 'snom';
  const mac = (OUI[shape] + number.toString(16).padStart(6, '0')) as Mac;
  const id = `device-${number}`;
  const token = (number + 32 ** 5).toString(32).padEnd(26, TOKEN);
  const sealed = draft.map((file) => sealFile(file, { mac, token, user: String(20_000 + number) }));
  const main = sealed.find(({ file }) => file.role === 'main')?.file;
  const device = asDevice({
    ...{ id, mac, state: 'active', vendor: 'flyingvoice', model: exampleDevice().model, tags: [] },
    ...{ siteId: TEST_SITE.id, rootId: TEST_SITE.rootId, revision: 1, version: 1 },
    sealedToken: TEST_VAULT.seal(token, `device.token:${id}`).toString('base64'),
    tokenLookups: [TEST_VAULT.lookup('device-token', token)],
    files: sealed.map(({ file }) => file),
  });
  return {
    phone: { mac, token, shape, fileName: `${mac}.cfg`, bytes: main?.bytes ?? 0 },
    entities: [...sealed.flatMap(({ artifacts }) => artifacts), device],
  };
}

interface Sealed {
  readonly file: ServedFile;
  /** Empty for content that an earlier phone brought. */
  readonly artifacts: ServedEntity[];
}

/** Common files, by their text. */
const shared = new Map<string, ServedFile>();

function sealFile(
  { name, role, contentType, text }: CompiledFile,
  own: { readonly mac: string; readonly token: string; readonly user: string },
): Sealed {
  const known = shared.get(`${name}\n${text}`);
  if (known) return { file: known, artifacts: [] };
  const personal = text.replaceAll(MAC, own.mac).replaceAll(TOKEN, own.token).replaceAll('1001', own.user);
  const content = Buffer.from(personal);
  const address = TEST_VAULT.address(content);
  const etag = TEST_VAULT.etag(address);
  const file = { name: name.replace(MAC, own.mac), role, contentType, address, etag, bytes: content.length };
  if (personal === text) shared.set(`${name}\n${text}`, file);
  const value = { address, sealed: TEST_VAULT.sealArtifact(content) };
  return { file, artifacts: [{ kind: 'artifact', key: address, value }] };
}
