import type { Db } from './client.ts';

/**
 * Makes the daily partitions of the days ahead, and drops those that are older than what is kept. Daily, by any worker:
 * an advisory lock lets them take turns. Returns how many partitions went.
 */
export async function ensureEventPartitions(
  db: Db,
  { daysAhead, keepDays }: { readonly daysAhead: number; readonly keepDays: number },
): Promise<number> {
  await db.$executeRaw`SELECT ensure_event_partitions(${daysAhead}::int)`;
  const rows = await db.$queryRaw<
    { dropped: number }[]
  >`SELECT drop_event_partitions(${keepDays}::int) AS dropped`;
  return rows[0]?.dropped ?? 0;
}
