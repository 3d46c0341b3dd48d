/** From desire to files that workers can serve: read, compile, then one short transaction that writes or lets be. */
import type { CompileJob, CompileOutcome, PublishableFile } from '#lib/compiler/job.ts';
import { hasNoAccounts } from '#lib/domain/device.ts';
import type { Finding } from '#lib/domain/finding.ts';
import type { Vault } from '#lib/system/secrets.ts';
import { findMissingArtifacts, type SealedArtifact } from './artifacts.ts';
import { loadCatalog } from './catalog.ts';
import type { PublishContext } from './context.ts';
import { loadDevices, type OpenDevice } from './device-rows.ts';
import { type DeviceResult, type StoredFile, writePublications } from './publication-rows.ts';

export interface PublishReport {
  /** Got a new revision. */
  readonly published: readonly string[];
  /** Compile made what they have already. */
  readonly unchanged: readonly string[];
  /** Refused by the gate; their files stay as they are. */
  readonly failing: readonly string[];
  /** Moved while they were compiled, twice; the sweeper takes them. */
  readonly left: readonly string[];
}

const ATTEMPTS = 2;
/** Devices that are compiled and written together. */
const BATCH = 50;

/**
 * Compiles devices and publishes what passes the gate. Each batch is written in one transaction, and only for devices
 * that are still at the version they were compiled from, under the catalog they were compiled with.
 * @param cause for the history: `change by Anna`, `template main.cfg, version 4`
 */
export async function publishDevices(
  publish: PublishContext,
  deviceIds: readonly string[],
  cause: string,
): Promise<PublishReport> {
  const report = { published: [] as string[], unchanged: [] as string[], failing: [] as string[] };
  const left: string[] = [];
  for (let at = 0; at < deviceIds.length; at += BATCH) {
    let moved: readonly string[] = deviceIds.slice(at, at + BATCH);
    for (let attempt = 0; attempt < ATTEMPTS && moved.length > 0; attempt += 1) {
      const written = await publishBatch(publish, moved, cause);
      report.published.push(...written.published);
      report.unchanged.push(...written.unchanged);
      report.failing.push(...written.failing);
      moved = written.moved;
    }
    left.push(...moved);
  }
  return { ...report, left };
}

async function publishBatch(
  publish: PublishContext,
  ids: readonly string[],
  cause: string,
): ReturnType<typeof writePublications> {
  const { db, vault, compiler } = publish;
  // Devices first: the catalog is then at least as new, and holds whatever they refer to.
  const open = await loadDevices(db, vault, ids);
  const { catalog, revision, unreadable } = await loadCatalog(db, vault);
  const ready = open.filter((each) => each.device.state !== 'discovered');
  const jobs = ready.map(toJob);
  const compiled = await compiler.compile(catalog, jobs);
  const files = new Map<string, PreparedFile>();
  const results = ready.map((each, index): DeviceResult => {
    const sealed = unreadable.length > 0 ? unreadable : each.unreadable;
    const outcome =
      sealed.length > 0 ? { ok: false as const, findings: [cannotOpen(sealed)] } : compiled[index];
    return toResult(each, outcome ?? { ok: false, findings: [] }, (file) => prepare(vault, files, file));
  });
  const artifacts = await sealMissing(publish, files);
  return writePublications(db, { revision, results, artifacts, cause });
}

function toJob({ device, token }: OpenDevice): CompileJob {
  return { kind: 'device', device, token: token ?? '' };
}

/**
 * A suspended phone whose files could not be made at all is left without files: the old ones hold its accounts.
 */
function toResult(
  { device }: OpenDevice,
  outcome: CompileOutcome,
  store: (file: PublishableFile) => StoredFile,
): DeviceResult {
  const { id, version } = device;
  if (outcome.ok)
    return { id, version, files: outcome.files.map(store), findings: outcome.findings, failed: false };
  const files = hasNoAccounts(device.state) ? [] : null;
  return { id, version, files, findings: outcome.findings, failed: true };
}

export interface PreparedFile {
  readonly address: string;
  readonly content: Buffer;
}

/** Addresses a file and its provenance; both are kept for sealing, in case they are new. */
export function prepare(
  vault: Vault,
  prepared: Map<string, PreparedFile>,
  file: PublishableFile,
): StoredFile {
  const keep = (text: string): PreparedFile => {
    const content = Buffer.from(text, 'utf8');
    const each = { address: vault.address(content), content };
    prepared.set(each.address, each);
    return each;
  };
  const { address, content } = keep(file.text);
  return {
    name: file.name,
    role: file.role,
    address,
    provenanceAddress: keep(file.provenance).address,
    etag: vault.etag(address),
    bytes: content.length,
    contentType: file.contentType,
  };
}

/** Compressing and sealing costs more than everything else, so it is done for contents that are new only. */
export async function sealMissing(
  { db, vault }: Pick<PublishContext, 'db' | 'vault'>,
  prepared: ReadonlyMap<string, PreparedFile>,
): Promise<readonly SealedArtifact[]> {
  const missing = await findMissingArtifacts(db, [...prepared.keys()]);
  return missing.flatMap((address) => {
    const content = prepared.get(address)?.content;
    return content ? [{ address, sealed: vault.sealArtifact(content), bytes: content.length }] : [];
  });
}

export function cannotOpen(names: readonly string[]): Finding {
  return {
    ...{
      severity: 'error',
      code: 'value-not-representable',
      file: null,
      line: null,
      column: null,
      template: null,
    },
    reason: `sealed values cannot be opened with this secret key: ${names.join(', ')}`,
    fix: 'Set them again, or start with the secret key that sealed them',
  };
}
