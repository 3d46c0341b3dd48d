/** What answers phones, wired as in the worker but on loopback alone and without Postgres: events stay in the spool. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { Registry } from 'prom-client';
import { parseMac } from '#lib/domain/mac.ts';
import { countPnpEvents } from '../../sip-worker/events/pnp-metrics.ts';
import { createRecorder } from '../../sip-worker/events/recorder.ts';
import { Spool } from '../../sip-worker/events/spool.ts';
import type { FileFact } from '../../sip-worker/files/fact.ts';
import { createFileHandler, type FileHandler } from '../../sip-worker/files/handler.ts';
import { createFileHttpServer } from '../../sip-worker/files/http-server.ts';
import { createLocalNetworks } from '../../sip-worker/files/local-networks.ts';
import { createFileMetrics } from '../../sip-worker/files/metrics.ts';
import { createNeighbourTable } from '../../sip-worker/files/neighbours.ts';
import { createTftpServer } from '../../sip-worker/files/tftp/server.ts';
import { createRulePolicy } from '../../sip-worker/pnp/rule-policy.ts';
import { startPnpServer } from '../../sip-worker/pnp/server.ts';
import { openView } from '../fleet.ts';
import { answerAsks } from './asked.ts';
import { GROUP } from './group.ts';

const [dataDir = '', pnpPort = ''] = process.argv.slice(2);
const HOST = '127.0.0.1';
/** A bench asks in a second what a fleet asks in minutes. */
const LIMITS = { perSourcePerSecond: 1e6, overallPerSecond: 1e6, mostSources: 16_384, mostExchanges: 1e6 };

const view = openView(dataDir);
const surroundings = { listLocalNetworks: createLocalNetworks(), findNeighbour: createNeighbourTable() };
const policy = createRulePolicy({
  ...{ view, publicBase: null, httpPort: () => 8080, onUnknown: () => undefined },
  ...surroundings,
});
let spool = openSpool();
let handler = openHandler();
const recorder = createRecorder({
  ...{ add: (event) => spool.add(event), view, explain: policy.explain, worker: 'bench' },
});
const registry = new Registry();
const metrics = createFileMetrics(registry);
const countPnp = countPnpEvents(registry);

const pnp = await startPnpServer({
  sockets: { group: GROUP, port: Number(pnpPort), interfaces: [HOST] },
  policy,
  observe(event) {
    countPnp(event);
    recorder.observePnp(event);
  },
  onProblem: (problem) => console.error(problem),
  limits: LIMITS,
});
const serving = {
  handler: {
    answer: (request) => handler.answer(request),
    identify: (peer, headers) => handler.identify(peer, headers),
    cache: handler.cache,
  } satisfies FileHandler,
  observe: observeFile,
  noteAddress: view.noteAddress,
  log: console,
};
const http = await createFileHttpServer({ ...serving, pages: null }).listen({ port: 0, host: HOST });
const tftp = await createTftpServer(serving).listen({ port: 0, hosts: [HOST] });

answerAsks({ pnp: Number(pnpPort), http: http.port, tftp: tftp.port }, (ask) => {
  if (ask.kind !== 'forget') return;
  spool.close();
  spool = openSpool();
  if (ask.bodies) handler = openHandler();
});

function observeFile(fact: FileFact): void {
  metrics.observe(fact);
  recorder.observeFile(fact);
  const mac = parseMac(fact.mac ?? '');
  pnp.noteFetch(fact.address, mac.ok ? mac.value : null);
}

function openHandler(): FileHandler {
  return createFileHandler({ view, trustedProxies: [], now: Date.now, ...surroundings });
}

function openSpool(): Spool {
  const folder = path.join(dataDir, 'spool');
  rmSync(folder, { recursive: true, force: true });
  return new Spool({ folder });
}
