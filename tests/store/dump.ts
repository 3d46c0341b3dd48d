import type { Database } from '#lib/store/client.ts';

/** Every row of every table as text, in a stable order: what somebody reads who gets hold of the database. */
export async function dumpTables(pool: Database['pool']): Promise<string> {
  const tables = await pool.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND n.nspname = 'public' ORDER BY 1`,
  );
  const parts: string[] = [];
  for (const { name } of tables.rows) {
    const { rows } = await pool.query<{ line: string }>(`SELECT t::text AS line FROM "${name}" t ORDER BY 1`);
    parts.push(`# ${name}`, ...rows.map((row) => row.line));
  }
  return parts.join('\n');
}
