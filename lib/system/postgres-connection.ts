/** Where the embedded database of a data directory is reached: known before it runs, and kept for the next start. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

const schema = z.object({
  port: z.int().min(1).max(65_535),
  password: z.string().min(1),
  /** Whether the database knows the password yet. */
  isSet: z.boolean(),
  /** Names the folder outside the data directory, where one is needed. */
  id: z.string().regex(/^[0-9a-f]{12}$/),
});

export type PostgresConnection = z.output<typeof schema>;

export function connectionFile(dataDir: string): string {
  return path.join(dataDir, 'postgres.json');
}

/** null when no embedded database was ever started in the data directory. */
export function readConnection(dataDir: string): PostgresConnection | null {
  let text: string;
  try {
    text = readFileSync(connectionFile(dataDir), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  return schema.parse(JSON.parse(text));
}

/** Replaces the file in one step, mode 0600 from its first moment; one that says so already is left alone, on a full disk too. */
export function saveConnection(dataDir: string, connection: PostgresConnection): void {
  if (isDeepStrictEqual(readConnection(dataDir), connection)) return;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = connectionFile(dataDir);
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(connection, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

export async function newConnection(): Promise<PostgresConnection> {
  return {
    port: await freePort(),
    password: randomBytes(24).toString('base64url'),
    isSet: false,
    id: randomBytes(6).toString('hex'),
  };
}

export function connectionUrl(connection: PostgresConnection, database = 'provost'): string {
  return `postgresql://provost:${connection.password}@127.0.0.1:${connection.port}/${database}`;
}

/** A free TCP port of the loopback address: the wanted one if it is free. */
export async function freePort(wanted = 0): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' && wanted !== 0) resolve(freePort());
      else reject(error);
    });
    server.listen({ port: wanted, host: '127.0.0.1' }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : wanted));
    });
  });
}
