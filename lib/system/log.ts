/** JSON lines on stdout, one logger per component, safe to read on a terminal and free of named secrets. */
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';

export type Log = Logger;

/** Fields that are never written, whatever they hold, down to three levels. */
const SECRET_FIELDS = [
  'password',
  'authPassword',
  'adminPassword',
  'passwordHash',
  'secret',
  'secretKey',
  'token',
  'urlToken',
  'apiToken',
  'bootstrapToken',
  'pin',
  'ha1',
  'authorization',
  'cookie',
  'set-cookie',
  'databaseUrl',
  'DATABASE_URL',
  'PROVOST_SECRET_KEY',
  'PROVOST_ADMIN_PASSWORD',
  'PROVOST_BOOTSTRAP_TOKEN',
];

export interface LogOptions {
  readonly level?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly destination?: DestinationStream;
}

/** @param component who speaks, for example `worker` or `pnp`. */
export function createLog(component: string, options: LogOptions = {}): Log {
  const settings = {
    level: options.level ?? 'info',
    base: { component },
    timestamp: stdTimeFunctions.isoTime,
    redact: { paths: SECRET_FIELDS.flatMap(atThreeLevels), censor: '[secret]' },
    hooks: { streamWrite: escapeControls },
  };
  return pino(settings, options.destination ?? standardOutput());
}

const LARGEST_BACKLOG = 1024 * 1024;

/** A full disk or a reader that went away must not end what phones depend on: lines wait a while, then they are lost. */
function standardOutput(): DestinationStream {
  const output = pino.destination({ fd: 1, sync: true, maxLength: LARGEST_BACKLOG });
  output.on('error', () => undefined);
  return output;
}

/**
 * For the start of a process that others depend on: what is said with `console` may be lost too, where the disk is full
 * or nobody reads any more.
 */
export function outliveOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

/** A request path fit for logs and events: `/d/<token>/x.cfg` becomes `/d/…last4/x.cfg`. */
export function maskPath(requestPath: string): string {
  return requestPath.replace(/\/d\/([^/?#]+)/gi, (_, token: string) => `/d/…${lastOf(token)}`);
}

/** Short ones are not tokens of ours; four characters of them would be too much of whatever they are. */
function lastOf(token: string): string {
  return token.length >= 16 ? token.slice(-4) : '';
}

function atThreeLevels(field: string): string[] {
  const step = /^\w+$/.test(field) ? `.${field}` : `["${field}"]`;
  const top = /^\w+$/.test(field) ? field : step;
  return [top, `*${step}`, `*.*${step}`];
}

/**
 * JSON escapes C0 controls. C1 controls (a terminal may obey U+009B like ESC [), line separators and directional
 * overrides (which let text from the network forge what a reader sees) pass through it, so they are escaped here.
 */
function escapeControls(line: string): string {
  return line.replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
