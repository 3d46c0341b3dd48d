import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { Prisma, PrismaClient } from '#prisma/generated/client.ts';

/** The database, or a transaction in it: everything in `lib/store` takes either. */
export type Db = PrismaClient | Prisma.TransactionClient;

export interface Database {
  readonly db: PrismaClient;
  /** For what Prisma does not offer: COPY, cursors, LISTEN. */
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

const DEFAULT_CONNECTIONS = 10;

/** For composition roots only; everybody else is given a `Db`. Connects at the first query. */
export function openDatabase(url: string, options: { readonly connections?: number } = {}): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.connections ?? DEFAULT_CONNECTIONS,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 60_000,
    application_name: 'provost',
  });
  // A connection that breaks while idle is replaced at the next query, which then tells.
  pool.on('error', () => undefined);
  const db = new PrismaClient({ adapter: new PrismaPg(pool) });
  return {
    db,
    pool,
    close: async () => {
      await db.$disconnect();
      await pool.end();
    },
  };
}

export interface TransactionOptions {
  readonly isolation?: 'ReadCommitted' | 'RepeatableRead' | 'Serializable';
  readonly timeoutMs?: number;
}

const ATTEMPTS = 3;

/** Clients that stand for an open transaction; Prisma would begin another one inside. */
const openTransactions = new WeakSet<object>();

/**
 * Runs `work` in one transaction; inside a transaction already, in that one. A transaction that Postgres ended because
 * of a deadlock or a serialization conflict is run again, at most twice: `work` must have no other effects.
 */
export async function inTransaction<T>(
  db: Db,
  work: (tx: Db) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  if (openTransactions.has(db) || !('$transaction' in db)) return work(db);
  const run = (tx: Db): Promise<T> => {
    openTransactions.add(tx);
    return work(tx);
  };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.$transaction(run, {
        isolationLevel: options.isolation ?? 'ReadCommitted',
        timeout: options.timeoutMs ?? 30_000,
        maxWait: 10_000,
      });
    } catch (error) {
      if (attempt >= ATTEMPTS || !isConflict(error)) throw error;
    }
  }
}

const CONFLICT_CODES = new Set(['40001', '40P01']);

/** P2034 is Prisma's own word for it; a raw query reports the SQLSTATE. */
function isConflict(error: unknown): boolean {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return false;
  return error.code === 'P2034' || CONFLICT_CODES.has(sqlState(error) ?? '');
}

/** The SQLSTATE behind a failed query, null when there is none. */
export function sqlState(error: unknown): string | null {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return null;
  const cause = readMember(readMember(error.meta, 'driverAdapterError'), 'cause');
  const code = readMember(cause, 'originalCode') ?? readMember(error.meta, 'code');
  return typeof code === 'string' ? code : null;
}

function readMember(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
