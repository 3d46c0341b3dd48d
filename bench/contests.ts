/** What is measured: the same work given to the worker's own code and to the least that Node can do for it. */
import type { Contestant } from './contestant.ts';
import type { FleetPhone } from './fleet.ts';
import { fetchOnKeptConnections, fetchOnNewConnections } from './load/http.ts';
import { openDesks } from './load/pnp.ts';
import { type Batch, shuffle } from './load/run.ts';
import { openTftpClients } from './load/tftp.ts';
import { type Entrant, measureServer, type Sample, summarise } from './measure.ts';

export interface Contest {
  /** One for each pass. */
  readonly titles: readonly string[];
  /** Ours first, then what it is held against. */
  readonly entrants: readonly Entrant[];
  close?(): void;
}

export interface Servers {
  readonly provost: Contestant;
  readonly bare: Contestant;
}

/** The phones that ask, and how long one pass of them may take. */
export interface Crowd {
  readonly phones: readonly FleetPhone[];
  readonly passMs: number;
}

export async function pnpContest(servers: Servers, crowd: Crowd): Promise<Contest> {
  const desks = await openDesks();
  return {
    titles: ['PnP: SUBSCRIBE to 200 and NOTIFY, 64 phones at a time'],
    entrants: entrantsOf(servers, 'bare node:dgram', async (server, round) => [
      await measureServer(server, () => desks.subscribe(server.ready.pnp ?? 0, pick(crowd, { round }))),
    ]),
    close: desks.close,
  };
}

export function httpContest(servers: Servers, crowd: Crowd, connections: 'new' | 'kept'): Contest {
  const fetchAll = connections === 'new' ? fetchOnNewConnections : fetchOnKeptConnections;
  const how = connections === 'new' ? 'a connection per request' : '32 kept connections';
  return {
    titles: [`Downloads, ${how}, first pass (nothing cached)`, `Downloads, ${how}, second pass`],
    entrants: entrantsOf(servers, 'bare node:http', async (server, round) => {
      await server.ask({ kind: 'forget', bodies: true });
      const port = server.ready.http ?? 0;
      const batch = pick(crowd, { round });
      const first = await measureServer(server, () => fetchAll(port, batch));
      const again = { ...batch, items: shuffle(batch.items.slice(0, first.units), round + 1) };
      return [first, await measureServer(server, () => fetchAll(port, again))];
    }),
  };
}

const LARGE_BYTES = 7_000;

export async function tftpContest(servers: Servers, { phones, passMs }: Crowd): Promise<Contest> {
  const clients = await openTftpClients();
  const crowd = { phones: phones.filter(({ bytes }) => bytes > LARGE_BYTES), passMs };
  const fetchAll = (server: Contestant, round: number, blockBytes: number): Promise<Sample> =>
    measureServer(server, () => clients.fetch(server.ready.tftp ?? 0, pick(crowd, { round }), blockBytes));
  return {
    titles: [512, 1428].map((bytes) => `TFTP: transfers of 8 kB, blksize ${bytes}, 16 at a time`),
    entrants: entrantsOf(servers, 'bare node:dgram, a socket each', async (server, round) => [
      await fetchAll(server, round, 512),
      await fetchAll(server, round, 1428),
    ]),
    close: clients.close,
  };
}

/** How often each method compiles in a round: long enough to measure, short enough to wait for. */
const COMPILES = { pool: 150, function: 150, liquid: 300, concatenation: 5_000 };

export function compileContest(compiler: Contestant, ours: 'pool' | 'function'): Contest {
  const entrant = (name: string, method: keyof typeof COMPILES): Entrant => ({
    name,
    async measure(round) {
      const count = round === 0 ? Math.ceil(COMPILES[method] / WARM_UP_SHARE) : COMPILES[method];
      const run = await compiler.ask<{ latenciesMs: number[]; ms: number; cpuUs: number }>({
        ...{ kind: 'compile', method, count },
      });
      return [{ ...summarise(run.latenciesMs, run), repeats: 0, limit: 'server' }];
    },
  });
  const where = ours === 'pool' ? 'in the thread of the pool' : 'as a plain function';
  return {
    titles: [`Compiles ${where}: FIP14G, 8 lines, 21 keys`],
    entrants: [
      entrant('Provost', ours),
      entrant('bare liquidjs, parsed once', 'liquid'),
      entrant('string concatenation', 'concatenation'),
    ],
  };
}

function entrantsOf(
  { provost, bare }: Servers,
  reference: string,
  measure: (server: Contestant, round: number) => Promise<Sample[]>,
): Entrant[] {
  const entrant = (name: string, server: Contestant): Entrant => ({
    name,
    async measure(round) {
      await server.ask({ kind: 'forget', bodies: false });
      return measure(server, round);
    },
  });
  return [entrant('Provost', provost), entrant(reference, bare)];
}

const WARM_UP_SHARE = 4;

/** Everybody once, in another order in each round, the same for all servers; less of it to warm up. */
function pick({ phones, passMs }: Crowd, { round }: { readonly round: number }): Batch<FleetPhone> {
  const items = shuffle(phones, round * 1_000);
  if (round > 0) return { items, mostMs: passMs };
  return { items: items.slice(0, phones.length / WARM_UP_SHARE), mostMs: passMs / WARM_UP_SHARE };
}
