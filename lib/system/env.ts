/**
 * The whole environment of an installation, in one schema: what is not here is not read, and a name that is
 * misspelled stops the start instead of being ignored.
 */
import path from 'node:path';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { nearestName } from './nearest-name.ts';
import { type Network, parseNetwork } from './network.ts';

export const ROLES = ['pnp', 'http', 'https', 'tftp', 'actions', 'jobs'] as const;
export type Role = (typeof ROLES)[number];

/** Set by the test command for its own children; no part of an installation. */
const TEST_NAMES = ['PROVOST_TEST_DATABASE'];

const schema = z.object({
  DATABASE_URL: optional(databaseUrl),
  PORT: port(3000),
  PROVOST_DATA_DIR: text('.data'),
  PROVOST_SECRET_KEY: optional(secretKey),
  PROVOST_ADMIN_EMAIL: text('admin@localhost').refine(isEmail, { message: 'must look like name@host' }),
  PROVOST_ADMIN_PASSWORD: optional((value) => value),
  PROVOST_BOOTSTRAP_TOKEN: optional(bootstrapToken),
  PROVOST_URL: optional(baseUrl),
  PROVOST_HTTP_PORT: port(8080),
  PROVOST_HTTPS_PORT: port(8443),
  PROVOST_TFTP_PORT: optional(portNumber),
  PROVOST_SIP_PORT: port(5060),
  PROVOST_SIP_GROUP: text('224.0.1.75').refine(isMulticast, {
    message: 'must be an IPv4 multicast address, for example 224.0.1.75',
  }),
  PROVOST_SIP_INTERFACES: optional(interfaceList),
  PROVOST_PUBLIC_BASE: optional(baseUrl),
  PROVOST_TRUSTED_PROXIES: text('').transform(networkList),
  PROVOST_METRICS_NETWORKS: text('127.0.0.0/8,::1/128').transform(networkList),
  PROVOST_ROLES: text(ROLES.join(',')).transform(roleList),
  PROVOST_SITES: optional(siteList),
});

/** Every value of the environment, typed; null means "not set, the default behaviour applies". */
export interface Environment {
  readonly databaseUrl: string | null;
  readonly port: number;
  /** Absolute. */
  readonly dataDir: string;
  /** 32 bytes; null when the key lives in the data directory. */
  readonly secretKey: Buffer | null;
  readonly adminEmail: string;
  readonly adminPassword: string | null;
  readonly bootstrapToken: string | null;
  /** Without a slash at the end. */
  readonly url: string | null;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** null: 69, or 6969 where 69 may not be bound. */
  readonly tftpPort: number | null;
  readonly sipPort: number;
  readonly sipGroup: string;
  /** Names or addresses; null: every IPv4 interface that is up. */
  readonly sipInterfaces: readonly string[] | null;
  /** Without a slash at the end. */
  readonly publicBase: string | null;
  readonly trustedProxies: readonly Network[];
  readonly metricsNetworks: readonly Network[];
  readonly roles: ReadonlySet<Role>;
  /** Slugs or ids; null: all. */
  readonly sites: readonly string[] | null;
}

export type EnvironmentReading =
  | { readonly ok: true; readonly value: Environment }
  | { readonly ok: false; readonly problems: string[] };

/** The exit code of every process that was given a bad environment or the wrong secret key (EX_CONFIG of sysexits.h). */
export const EXIT_BAD_CONFIGURATION = 78;

/**
 * Reads and checks the environment. An empty value counts as not set. Problems are one line per variable, fit to be
 * printed: they never repeat a secret.
 */
export function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  cwd: string = process.cwd(),
): EnvironmentReading {
  const names = Object.keys(schema.shape);
  const unknown = Object.keys(env)
    .filter((name) => name.startsWith('PROVOST_') && !names.includes(name) && !TEST_NAMES.includes(name))
    .map((name) => `${name}: is not a setting of Provost; did you mean ${nearestName(name, names)}?`);
  const given = Object.fromEntries(names.map((name) => [name, env[name] === '' ? undefined : env[name]]));
  const parsed = schema.safeParse(given);
  if (parsed.success && unknown.length === 0) return { ok: true, value: toEnvironment(parsed.data, cwd) };
  const bad = (parsed.error?.issues ?? []).map((issue) => `${String(issue.path[0])}: ${issue.message}`);
  return { ok: false, problems: [...bad, ...unknown] };
}

function toEnvironment(data: z.output<typeof schema>, cwd: string): Environment {
  return {
    databaseUrl: data.DATABASE_URL,
    port: data.PORT,
    dataDir: path.resolve(cwd, data.PROVOST_DATA_DIR),
    secretKey: data.PROVOST_SECRET_KEY,
    adminEmail: data.PROVOST_ADMIN_EMAIL,
    adminPassword: data.PROVOST_ADMIN_PASSWORD,
    bootstrapToken: data.PROVOST_BOOTSTRAP_TOKEN,
    url: data.PROVOST_URL,
    httpPort: data.PROVOST_HTTP_PORT,
    httpsPort: data.PROVOST_HTTPS_PORT,
    tftpPort: data.PROVOST_TFTP_PORT,
    sipPort: data.PROVOST_SIP_PORT,
    sipGroup: data.PROVOST_SIP_GROUP,
    sipInterfaces: data.PROVOST_SIP_INTERFACES,
    publicBase: data.PROVOST_PUBLIC_BASE,
    trustedProxies: data.PROVOST_TRUSTED_PROXIES,
    metricsNetworks: data.PROVOST_METRICS_NETWORKS,
    roles: data.PROVOST_ROLES,
    sites: data.PROVOST_SITES,
  };
}

function text(fallback: string) {
  return z.string().default(fallback);
}

/** A value that may be absent (null); `parse` reports what is wrong through the context. */
function optional<T>(parse: (value: string, context: z.RefinementCtx) => T) {
  return z
    .string()
    .optional()
    .transform((value, context): T | null => (value === undefined ? null : parse(value, context)));
}

function port(fallback: number) {
  return z.string().default(String(fallback)).transform(portNumber);
}

function refuse(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}

function portNumber(value: string, context: z.RefinementCtx): number {
  const number = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
  return number <= 65_535 ? number : refuse(context, `must be a port number from 0 to 65535, not "${value}"`);
}

function databaseUrl(value: string, context: z.RefinementCtx): string {
  const scheme = URL.canParse(value) ? new URL(value).protocol : '';
  if (scheme === 'postgresql:' || scheme === 'postgres:') return value;
  return refuse(context, 'must be a URL like postgresql://user:password@host:5432/name');
}

function secretKey(value: string, context: z.RefinementCtx): Buffer {
  const key = Buffer.from(value, 'base64');
  const canonical = key.toString('base64').replace(/=+$/, '') === value.replace(/=+$/, '');
  if (key.length === 32 && canonical) return key;
  return refuse(context, 'must be 32 bytes in base64 (make one with: openssl rand -base64 32)');
}

function bootstrapToken(value: string, context: z.RefinementCtx): string {
  return /^[\x21-\x7e]+$/.test(value) ? value : refuse(context, 'must be printable ASCII without spaces');
}

function baseUrl(value: string, context: z.RefinementCtx): string {
  const url = URL.canParse(value) ? new URL(value) : null;
  const plain = url !== null && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '';
  if (plain && url.username === '') return value.replace(/\/+$/, '');
  return refuse(context, `must be a http:// or https:// address without "?" or "#", not "${value}"`);
}

function interfaceList(value: string, context: z.RefinementCtx): readonly string[] {
  const names = listOf(value);
  const bad = names.find((name) => !/^[\w.:@-]+$/.test(name));
  if (bad === undefined && names.length > 0) return names;
  return refuse(context, `must be interface names or addresses with commas between, not "${value}"`);
}

function networkList(value: string, context: z.RefinementCtx): readonly Network[] {
  const networks: Network[] = [];
  for (const entry of listOf(value)) {
    const network = parseNetwork(entry);
    if (!network.ok) return refuse(context, `"${entry}" is not a network like 10.0.0.0/8 or fd00::/8`);
    networks.push(network.value);
  }
  return networks;
}

function roleList(value: string, context: z.RefinementCtx): ReadonlySet<Role> {
  const roles = listOf(value);
  const bad = roles.find((role) => !isRole(role));
  if (bad !== undefined) return refuse(context, `"${bad}" is not one of ${ROLES.join(', ')}`);
  return new Set(roles.filter(isRole));
}

function siteList(value: string, context: z.RefinementCtx): readonly string[] | null {
  if (value.trim() === 'all') return null;
  const sites = listOf(value);
  const bad = sites.find((site) => !/^[\w-]+$/.test(site));
  if (bad === undefined) return sites;
  return refuse(context, `"${bad}" is not a site's slug or id`);
}

function listOf(value: string): string[] {
  return value
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

function isRole(role: string): role is Role {
  return ROLES.some((known) => known === role);
}

function isEmail(value: string): boolean {
  return /^[^\s@]+@[^\s@]+$/.test(value);
}

function isMulticast(value: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(value) && ipaddr.IPv4.parse(value).range() === 'multicast';
}
