/** Lines of a device, the accounts behind them, and the registrars that their servers stand for. */
import type { DeviceInput, LineInput } from '#lib/domain/device-input.ts';
import { recordInertChange } from './catalog-changes.ts';
import type { Db } from './client.ts';
import type { StoreContext } from './context.ts';
import {
  ACCOUNT_FIELDS,
  type AccountRow,
  type DeviceRow,
  openPassword,
  passwordPlace,
} from './device-rows.ts';
import { invalid, type Outcome, refuse } from './outcome.ts';
import { sitesWithin } from './reach.ts';
import { type ChainRegistrar, type RegistrarChain, readRegistrarChain } from './registrar-chain.ts';

export interface LineOwner {
  readonly id: string;
  readonly rootId: string;
  readonly siteId: string;
  /** Ids from the root site to the device's own. */
  readonly path: readonly string[];
}

type LineRow = DeviceRow['lines'][number];

interface LineWork {
  readonly tx: Db;
  readonly ctx: StoreContext;
  readonly owner: LineOwner;
  readonly chain: RegistrarChain;
  readonly changed: string[];
}

/**
 * Makes the lines of a device what a body says. A list is the whole list; inline fields belong to the account that the
 * line has, else to a new one.
 * @returns what changed, `lines[1].password`
 */
export async function writeLines(
  tx: Db,
  ctx: StoreContext,
  about: {
    readonly owner: LineOwner;
    readonly rows: readonly LineRow[];
    readonly input: DeviceInput['lines'];
  },
): Promise<Outcome<{ readonly changed: readonly string[] }>> {
  const { owner, rows, input } = about;
  if (input === undefined) return { ok: true, changed: [] };
  const also = rows.flatMap((row) => (row.account?.registrarId ? [row.account.registrarId] : []));
  const chain = await readRegistrarChain(tx, { path: owner.path, also });
  const work: LineWork = { tx, ctx, owner, chain, changed: [] };
  for (const [at, line] of (input ?? []).entries()) {
    const row = rows.find((each) => each.index === line.index) ?? null;
    const outcome = await writeLine(work, { line, row, pointer: `/lines/${at}` });
    if (!outcome.ok) return outcome;
  }
  const gone = rows.filter((row) => !(input ?? []).some((line) => line.index === row.index));
  await removeLines(work, gone);
  return { ok: true, changed: work.changed };
}

interface OneLine {
  readonly line: LineInput;
  readonly row: LineRow | null;
  readonly pointer: string;
}

async function writeLine(work: LineWork, one: OneLine): Promise<Outcome<object>> {
  const { line, row } = one;
  const account = await findAccount(work, one);
  if (!account.ok) return account;
  const settled =
    account.row === null ? await addAccount(work, one) : await changeAccount(work, one, account.row);
  if (!settled.ok) return settled;
  const next = {
    enabled: line.enabled ?? row?.enabled ?? true,
    label: line.label === undefined ? (row?.label ?? null) : line.label,
    accountId: settled.accountId,
  };
  if (row && row.enabled === next.enabled && row.label === next.label && row.accountId === next.accountId)
    return settled;
  const { owner } = work;
  const key = { deviceId: owner.id, index: line.index };
  await work.tx.line.upsert({
    where: { deviceId_index: key },
    create: { ...key, rootId: owner.rootId, ...next },
    update: next,
  });
  work.changed.push(`lines[${line.index}]`);
  if (row?.account && row.accountId !== next.accountId) await dropOrphan(work, row.account);
  return settled;
}

type FoundAccount = Outcome<{ readonly row: AccountRow | null }>;

/** The account that a line names, else the one that it has. */
async function findAccount({ tx, ctx }: LineWork, { line, row, pointer }: OneLine): Promise<FoundAccount> {
  if (line.account === undefined) return { ok: true, row: row?.account ?? null };
  if (line.account === null) return { ok: true, row: null };
  if (line.account === row?.account?.id) return { ok: true, row: row.account };
  const found = await tx.account.findFirst({
    where: { id: line.account, site: sitesWithin(ctx.actor, 'write') },
    select: ACCOUNT_FIELDS,
  });
  return found ? { ok: true, row: found } : invalid(`${pointer}/account`, 'there is no such account');
}

type SettledAccount = Outcome<{ readonly accountId: string | null }>;

/** A line without an account gets one as soon as a field of one is given. */
async function addAccount(work: LineWork, one: OneLine): Promise<SettledAccount> {
  const { line, pointer } = one;
  const { owner, ctx } = work;
  const { userName, authName, displayName, voicemail, password, sipServer, sipPort } = line;
  const given = [userName, authName, displayName, voicemail, password, sipServer, sipPort];
  if (given.every((field) => field === undefined || field === null)) return { ok: true, accountId: null };
  if (!userName) return invalid(`${pointer}/userName`, 'is needed for a new account');
  const registrar = await chooseRegistrar(work, one, null);
  if (!registrar.ok) return registrar;
  const id = crypto.randomUUID();
  await work.tx.account.create({
    data: {
      ...{ id, rootId: owner.rootId, siteId: owner.siteId, userName, registrarId: registrar.registrarId },
      authName: authName ?? null,
      displayName: displayName ?? null,
      voicemail: voicemail ?? null,
      sealedPassword: password ? Uint8Array.from(ctx.vault.seal(password, passwordPlace(id))) : null,
    },
  });
  work.changed.push(`lines[${line.index}].account`);
  return { ok: true, accountId: id };
}

const INLINE_FIELDS = ['userName', 'authName', 'displayName', 'voicemail'] as const;

async function changeAccount(work: LineWork, one: OneLine, row: AccountRow): Promise<SettledAccount> {
  const { line, pointer } = one;
  if (line.userName === null)
    return invalid(`${pointer}/userName`, 'must not be empty while the line has an account');
  const registrar = await chooseRegistrar(work, one, row);
  if (!registrar.ok) return registrar;
  const fields = INLINE_FIELDS.filter((field) => line[field] !== undefined && line[field] !== row[field]);
  const password = changesPassword(work, line, row) ? ['password'] : [];
  const server = registrar.registrarId === row.registrarId ? [] : ['sipServer'];
  const changed = [...fields, ...password, ...server];
  if (changed.length === 0) return { ok: true, accountId: row.id };
  if (await isUsedElsewhere(work, line, row)) {
    const detail = 'another line uses this account too; change the account itself';
    return refuse('shared-account', ...changed.map((field) => ({ pointer: `${pointer}/${field}`, detail })));
  }
  const sealed = line.password
    ? Uint8Array.from(work.ctx.vault.seal(line.password, passwordPlace(row.id)))
    : null;
  await work.tx.account.update({
    where: { id: row.id },
    data: {
      ...Object.fromEntries(fields.map((field) => [field, line[field]])),
      ...(password.length > 0 ? { sealedPassword: sealed } : {}),
      registrarId: registrar.registrarId,
      version: { increment: 1 },
    },
  });
  work.changed.push(...changed.map((field) => `lines[${line.index}].${field}`));
  return { ok: true, accountId: row.id };
}

function changesPassword({ ctx }: LineWork, line: LineInput, row: AccountRow): boolean {
  if (line.password === undefined) return false;
  const current = openPassword(row, ctx.vault);
  return !current.ok || (current.value ?? '') !== (line.password ?? '');
}

/** Lines of retired devices do not count: nobody registers with them any more. */
async function isUsedElsewhere({ tx, owner }: LineWork, line: LineInput, row: AccountRow): Promise<boolean> {
  const uses = await tx.line.count({
    where: {
      accountId: row.id,
      device: { state: { not: 'retired' } },
      NOT: { deviceId: owner.id, index: line.index },
    },
  });
  return uses > 0;
}

type ChosenRegistrar = Outcome<{ readonly registrarId: string | null }>;

/**
 * The registrar that a line's server stands for: none given, it stays; null, it is inherited; values that are in effect
 * already change nothing; else the nearest of the site chain that has them, or a new one at the device's site.
 */
async function chooseRegistrar(
  work: LineWork,
  one: OneLine,
  account: AccountRow | null,
): Promise<ChosenRegistrar> {
  const { line, pointer } = one;
  const current = account?.registrarId ?? null;
  const { sipServer, sipPort, transport } = line;
  if (sipServer === undefined && sipPort === undefined && transport === undefined)
    return { ok: true, registrarId: current };
  if (sipServer === null) return { ok: true, registrarId: null };
  const before = work.chain.effective(current);
  const host = sipServer ?? before?.host;
  if (host === undefined) {
    if (!sipPort && !transport) return { ok: true, registrarId: current };
    return invalid(`${pointer}/sipServer`, 'is needed with sipPort or transport');
  }
  const port = sipPort === undefined && account !== null ? before?.port : sipPort;
  const protocol = (transport === undefined && account !== null ? before?.transport : transport) ?? undefined;
  const matches = (registrar: ChainRegistrar): boolean =>
    registrar.host.toLowerCase() === host.toLowerCase() &&
    (port === undefined || registrar.port === port) &&
    (protocol === undefined || registrar.transport === protocol);
  if (account !== null && before !== null && matches(before)) return { ok: true, registrarId: current };
  const found = work.chain.find(matches);
  if (found) return { ok: true, registrarId: found.id };
  const values = { host, port: port ?? null, transport: protocol ?? 'udp' };
  return { ok: true, registrarId: await addRegistrar(work, { values, matches }) };
}

interface WantedRegistrar {
  readonly values: Pick<ChainRegistrar, 'host' | 'port' | 'transport'>;
  readonly matches: (registrar: ChainRegistrar) => boolean;
}

/** Many phones of a new server may be entered at once: they take turns, and those behind find the first one's. */
async function addRegistrar(
  { tx, ctx, owner, chain }: LineWork,
  { values, matches }: WantedRegistrar,
): Promise<string> {
  const { siteId, rootId, path } = owner;
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(20261121, hashtext(${siteId}))`;
  const meanwhile = (await readRegistrarChain(tx, { path, also: [] })).find(matches);
  if (meanwhile) {
    chain.add(meanwhile);
    return meanwhile.id;
  }
  const row = await tx.registrar.create({ data: { ...values, name: values.host, siteId, rootId } });
  chain.add(row);
  await recordInertChange(tx, ctx, {
    ...{ action: 'create', noun: 'registrar', nounId: row.id, siteId, rootId, after: values },
    summary: `Added the registrar ${values.host}, which a line named`,
  });
  return row.id;
}

async function removeLines(work: LineWork, rows: readonly LineRow[]): Promise<void> {
  for (const row of rows) {
    await work.tx.line.delete({ where: { deviceId_index: { deviceId: work.owner.id, index: row.index } } });
    work.changed.push(`lines[${row.index}]`);
    if (row.account) await dropOrphan(work, row.account);
  }
}

/** An account that nobody outside knows by its own id is gone with the last line that used it. */
async function dropOrphan({ tx }: LineWork, account: AccountRow): Promise<void> {
  if (account.externalId !== null) return;
  const uses = await tx.line.count({ where: { accountId: account.id } });
  if (uses === 0) await tx.account.delete({ where: { id: account.id } });
}
