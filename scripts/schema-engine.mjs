#!/usr/bin/env node
/**
 * Stands in for Prisma's native schema engine, which the npm registry does not have: speaks its JSON-RPC on stdin and
 * stdout, and passes each call on to the same engine in WebAssembly, over `pg`. So `npx prisma migrate dev`, `diff`,
 * `deploy`, `status` and `resolve` work with no download. Rests on internals of the exact Prisma version in package.json.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import pg from 'pg';

const { datasource, datamodels, command } = readArguments(process.argv.slice(2));
const url = datasource.url ?? 'postgresql://localhost/provost';

let panic = 'The schema engine stopped';
globalThis.PRISMA_WASM_PANIC_REGISTRY = {
  set_message(message) {
    panic = message;
  },
};

if (command === null) serve();
else process.exit(await runCommand(command));

function readArguments(args) {
  const found = { datasource: {}, datamodels: [], command: null };
  for (let index = 0; index < args.length; index += 1) {
    if (args[index] === '--datasource') found.datasource = JSON.parse(args[index + 1]);
    if (args[index] === '--datamodels') found.datamodels.push(args[index + 1]);
    if (args[index] === 'cli') found.command = args[index + 1];
  }
  return found;
}

/** One request per line, answered in order: the engine holds one connection. */
function serve() {
  let engine = null;
  // A panic of the engine leaves its promise open for ever.
  process.on('uncaughtException', (error) => {
    const fields = { message: `${panic} (${error.message})`, backtrace: error.stack };
    process.stderr.write(`${JSON.stringify({ level: 'ERROR', fields })}\n`, () => process.exit(101));
  });
  let last = Promise.resolve();
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      last = last.then(async () => {
        const request = JSON.parse(line);
        // Answers to our own `print` need nothing more.
        if (request.method === undefined) return;
        try {
          engine ??= await startEngine();
          send({ id: request.id, result: await call(engine, request.method, request.params ?? {}) });
        } catch (error) {
          send({ id: request.id, error: toRpcError(error) });
        }
      });
    })
    .on('close', () => last.then(() => process.exit(0)));
}

function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}

async function startEngine() {
  const bindings = await loadBindings();
  const files = datamodels.map((file) => [file, readFileSync(file, 'utf8')]);
  const adapter = bindMigrationAwareSqlAdapterFactory(adapterFactory());
  return bindings.SchemaEngine.new(
    { datamodels: files.length === 0 ? undefined : files },
    () => undefined,
    adapter,
  );
}

/** The package's own entry imports the .wasm as a module, which Node still calls experimental. */
async function loadBindings() {
  const folder = path.dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm'));
  const bindings = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const code = readFileSync(path.join(folder, 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(code, { './schema_engine_bg.js': bindings });
  bindings.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return bindings;
}

async function call(engine, method, params) {
  switch (method) {
    case 'createDatabase':
      return { databaseName: await createDatabase() };
    case 'getDatabaseVersion':
      return engine.version(params);
    case 'diff': {
      const { stdout, ...result } = await engine.diff(params);
      // The native engine prints the script through its caller instead of returning it.
      if (stdout) send({ id: randomUUID(), method: 'print', params: { content: stdout } });
      return { ...result, stdout: null };
    }
    default:
      return (await engine[method](params)) ?? {};
  }
}

function adapterFactory() {
  const factory = new PrismaPg(url);
  const connect = async (connectionString, release) => {
    const adapter = await new PrismaPg(connectionString).connect();
    return mendAdapter(adapter, release);
  };
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    connect: () => connect(url),
    connectToShadowDb: async () => {
      if (datasource.shadowDatabaseUrl) return connect(datasource.shadowDatabaseUrl);
      const name = `prisma_migrate_shadow_db_${randomUUID()}`;
      await runSql(url, `CREATE DATABASE "${name}"`);
      return connect(withDatabase(url, name), () =>
        runSql(url, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`),
      );
    },
  };
}

/** Types of PostgreSQL by number: the one-byte "char" of its catalog, which the adapter does not know, and char(n). */
const CATALOG_CHAR = 18;
const CHAR = 1042;

/** The adapter splits scripts at every semicolon, those inside functions too; the server splits them right. */
function mendAdapter(adapter, release) {
  const pool = adapter.underlyingDriver();
  const dispose = adapter.dispose.bind(adapter);
  const performIO = adapter.performIO.bind(adapter);
  const queryRaw = adapter.queryRaw.bind(adapter);
  const characterPlaces = new WeakMap();
  adapter.executeScript = async (script) => {
    try {
      await pool.query(script);
    } catch (error) {
      adapter.onError(error);
    }
  };
  adapter.performIO = async (query) => {
    const result = await performIO(query);
    const places = result.fields.flatMap((field, place) =>
      field.dataTypeID === CATALOG_CHAR ? [place] : [],
    );
    for (const place of places) result.fields[place].dataTypeID = CHAR;
    characterPlaces.set(result.rows, places);
    return result;
  };
  adapter.queryRaw = async (query) => {
    const result = await queryRaw(query);
    for (const place of characterPlaces.get(result.rows) ?? [])
      result.columnTypes[place] = ColumnTypeEnum.Character;
    return result;
  };
  adapter.dispose = async () => {
    await dispose();
    await release?.();
  };
  return adapter;
}

function toRpcError(error) {
  const message = error instanceof Error ? error.message : String(error);
  const code = typeof error?.code === 'string' ? error.code : undefined;
  return {
    code: 4466,
    message: 'An error happened. Check the data field for details.',
    data: { is_panic: false, message, meta: null, error_code: code },
  };
}

async function runCommand(name) {
  try {
    if (name === 'create-database') await createDatabase();
    else if (name === 'drop-database')
      await runSql(withDatabase(url, 'postgres'), `DROP DATABASE ${quoted(databaseOf(url))}`);
    else await runSql(url, 'SELECT 1');
    return 0;
  } catch (error) {
    // 3D000: the database does not exist, which the caller answers by making it.
    const fields = { error_code: error.code === '3D000' ? 'P1003' : 'P1001', message: error.message };
    const lines = ['', JSON.stringify({ level: 'ERROR', target: 'schema_engine::logger', fields })];
    process.stderr.write(lines.join('\n'));
    return 1;
  }
}

async function createDatabase() {
  const name = databaseOf(url);
  const exists = await runSql(url, 'SELECT 1').then(
    () => true,
    (error) => {
      if (error.code === '3D000') return false;
      throw error;
    },
  );
  if (!exists) await runSql(withDatabase(url, 'postgres'), `CREATE DATABASE ${quoted(name)}`);
  return name;
}

async function runSql(connectionString, text) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

function databaseOf(connectionString) {
  return decodeURIComponent(new URL(connectionString).pathname.slice(1));
}

function withDatabase(connectionString, name) {
  const changed = new URL(connectionString);
  changed.pathname = `/${encodeURIComponent(name)}`;
  return changed.href;
}

function quoted(name) {
  return pg.escapeIdentifier(name);
}
