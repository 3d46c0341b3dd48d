/** What a start has to know of a migrated database before anything of the application may touch it. */
import pg from 'pg';

/**
 * Whether the database was sealed with this secret key; an unsealed one is claimed for it.
 *
 * @param keyCheck the vault's check value.
 */
export async function claimForKey(databaseUrl: string, keyCheck: string): Promise<boolean> {
  return withClient(databaseUrl, async (client) => {
    await client.query(
      'INSERT INTO installation (id, key_check) VALUES (1, $1) ON CONFLICT (id) DO NOTHING',
      [keyCheck],
    );
    const { rows } = await client.query<{ key_check: string }>(
      'SELECT key_check FROM installation WHERE id = 1',
    );
    return rows[0]?.key_check === keyCheck;
  });
}

/** Whether anybody can sign in yet; if not, a first administrator is due. */
export async function hasUsers(databaseUrl: string): Promise<boolean> {
  return withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<{ some: boolean }>('SELECT EXISTS (SELECT FROM users) AS some');
    return rows[0]?.some === true;
  });
}

/** Whether it answers at all; why not, in one line, if it does not. */
export async function tryConnection(databaseUrl: string): Promise<string | null> {
  try {
    await withClient(databaseUrl, (client) => client.query('SELECT 1'));
    return null;
  } catch (error) {
    return error instanceof Error ? error.message || error.name : String(error);
  }
}

async function withClient<T>(databaseUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 });
  // A connection that breaks while it is idle is seen by the next query.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
