/** The routes of the API as functions, against a real database, with no server and no port. */
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Scope } from '#lib/domain/actor.ts';
import { SYSTEM } from '#lib/domain/actor.ts';
import { claimForKey } from '#lib/store/first-start.ts';
import { createSite } from '#lib/store/sites.ts';
import { createToken } from '#lib/store/tokens.ts';
import { storeContext, webContext } from '../../app/_server/context.ts';
import { createTestDatabase, type TestDatabase } from './postgres.ts';
import { projectRoot } from './processes.ts';

type Handler = (
  request: Request,
  context: { params: Promise<Record<string, string | string[]>> },
) => Promise<Response>;
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Operation {
  readonly method: Method;
  /** As Next names it: `/api/v1/devices/[id]`. */
  readonly path: string;
  readonly handler: Handler;
}

export interface WebUnderTest {
  readonly operations: readonly Operation[];
  call(method: Method, url: string, init?: CallInit): Promise<Response>;
  newToken(scopes: readonly Scope[], site?: string): Promise<string>;
  close(): Promise<void>;
}

export interface CallInit {
  readonly token?: string;
  /** Sent as JSON, unless it is text. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Everything that `app/_server` makes of the environment is made of a database of its own, with one site `default`. */
export async function openWebUnderTest(): Promise<WebUnderTest> {
  const database: TestDatabase = await createTestDatabase();
  process.env.DATABASE_URL = database.url;
  process.env.PROVOST_SECRET_KEY = randomBytes(32).toString('base64');
  const operations = await loadOperations();
  await claimForKey(database.url, webContext().vault.checkValue());
  const system = storeContext(SYSTEM, { requestId: 'test-setup' });
  const site = await createSite(system, { slug: 'default', name: 'Headquarters' });
  if (!site.ok) throw new Error(site.reason);
  return {
    operations,
    call: (method, url, init = {}) => callOperation(operations, { method, url, init }),
    newToken: async (scopes, ofSite) => {
      const made = await createToken(system, {
        name: scopes.join(),
        scopes: [...scopes],
        site: ofSite ?? null,
        expiresAt: null,
      });
      if (!made.ok) throw new Error(made.reason);
      return made.clear;
    },
    close: async () => {
      const { database: client, compiler } = webContext();
      await compiler.close();
      await client.close();
      globalThis.provostWeb = undefined;
      await database.drop();
    },
  };
}

async function loadOperations(): Promise<Operation[]> {
  const folder = path.join(projectRoot, 'app', 'api', 'v1');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /(^|\/)route\.ts$/.test(file),
  );
  const modules = await Promise.all(
    files.map(async (file) => ({ file, loaded: await import(pathToFileURL(path.join(folder, file)).href) })),
  );
  return modules.flatMap(({ file, loaded }) =>
    (['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).flatMap((method) =>
      typeof loaded[method] === 'function' && loaded[method].name !== 'refuseMethod'
        ? [
            {
              method,
              path: path.posix.join('/api/v1', path.posix.dirname(file)),
              handler: loaded[method] as Handler,
            },
          ]
        : [],
    ),
  );
}

interface OneCall {
  readonly method: Method;
  readonly url: string;
  readonly init: CallInit;
}

async function callOperation(
  operations: readonly Operation[],
  { method, url, init }: OneCall,
): Promise<Response> {
  const { pathname } = new URL(url, 'http://console.test');
  for (const operation of operations.filter((each) => each.method === method).sort(literalFirst)) {
    const params = matchPath(operation.path, pathname);
    if (params)
      return operation.handler(toRequest({ method, url, init }), { params: Promise.resolve(params) });
  }
  throw new Error(`There is no ${method} ${pathname}`);
}

/** A segment that is spelled out wins over one that is a parameter, as in Next. */
function literalFirst(a: Operation, b: Operation): number {
  return a.path.replaceAll('[', '~').localeCompare(b.path.replaceAll('[', '~'), 'en');
}

function matchPath(pattern: string, pathname: string): Record<string, string | string[]> | null {
  const wanted = pattern.split('/');
  const given = pathname.split('/');
  const params: Record<string, string | string[]> = {};
  for (const [at, segment] of wanted.entries()) {
    const [, rest, name] = /^\[(\.\.\.)?(\w+)\]$/.exec(segment) ?? [];
    if (rest && name) return { ...params, [name]: given.slice(at) };
    const value = given[at];
    if (value === undefined || (name === undefined && segment !== value)) return null;
    if (name) params[name] = value;
  }
  return given.length === wanted.length ? params : null;
}

function toRequest({ method, url, init }: OneCall): Request {
  const headers = new Headers(init.headers);
  if (init.token !== undefined) headers.set('authorization', `Bearer ${init.token}`);
  const isText = typeof init.body === 'string';
  if (init.body !== undefined && !headers.has('content-type'))
    headers.set('content-type', 'application/json');
  const body = init.body === undefined ? undefined : isText ? String(init.body) : JSON.stringify(init.body);
  return new Request(new URL(url, 'http://console.test'), { method, headers, body });
}
