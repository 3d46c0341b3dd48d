import { readHealth } from '../../_server/health.ts';

/** For load balancers: open to everybody, so it says nothing but whether requests can be answered. */
export async function GET(): Promise<Response> {
  const isWell = await readHealth();
  return Response.json(
    { status: isWell ? 'ok' : 'unavailable' },
    { status: isWell ? 200 : 503, headers: { 'Cache-Control': 'no-store' } },
  );
}
