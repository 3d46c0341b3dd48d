/** Everything that listens to phones. It needs the replica and nothing else. */
import type { Registry } from 'prom-client';
import type { PhoneEvent } from '#lib/domain/event.ts';
import { parseMac } from '#lib/domain/mac.ts';
import type { Environment } from '#lib/system/env.ts';
import type { Log } from '#lib/system/log.ts';
import { countPnpEvents } from './events/pnp-metrics.ts';
import { createRecorder, type Recorder } from './events/recorder.ts';
import type { FileFact } from './files/fact.ts';
import { createFileHandler, type FileHandler } from './files/handler.ts';
import { createFileHttpServer, type FileHttpServer } from './files/http-server.ts';
import { createLocalNetworks } from './files/local-networks.ts';
import { createFileMetrics } from './files/metrics.ts';
import { createNeighbourTable } from './files/neighbours.ts';
import { createStatusPages } from './files/status-pages.ts';
import { createTftpServer, type TftpServer, type TftpServerOptions } from './files/tftp/server.ts';
import { createRulePolicy, type RulePolicy, type UnknownPhone } from './pnp/rule-policy.ts';
import { type PnpServer, startPnpServer } from './pnp/server.ts';
import type { PnpSocketStatus } from './pnp/sockets.ts';
import type { LiveView } from './replica/live-view.ts';
import { claimPort } from './taken-port.ts';

export interface PhoneSideOptions {
  readonly environment: Environment;
  readonly view: LiveView;
  /** Id of this worker. */
  readonly worker: string;
  readonly registry: Registry;
  readonly log: Log;
  readonly addEvent: (event: PhoneEvent) => void;
  /** A phone that a rule wants in the inventory; must return at once. */
  readonly onUnknown: (phone: UnknownPhone) => void;
  /** Further members of /readyz. */
  readonly describe: () => Readonly<Record<string, unknown>>;
}

export interface PhoneSide {
  /** `http`, `tftp`, `sip`: those that are open. */
  readonly ports: Readonly<Record<string, number>>;
  pnpStatus(): PnpSocketStatus | null;
  /** Stops answering PnP at once; downloads may end within `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** Opens what the roles ask for. Rejects when a port that was asked for is taken. */
export async function startPhoneSide(options: PhoneSideOptions): Promise<PhoneSide> {
  const { environment, view, registry, worker } = options;
  const { roles, trustedProxies, publicBase } = environment;
  const surroundings = { listLocalNetworks: createLocalNetworks(), findNeighbour: createNeighbourTable() };
  const handler = createFileHandler({ view, trustedProxies, now: () => Date.now(), ...surroundings });
  const ports: Record<string, number> = {};
  const policy = createRulePolicy({
    view,
    publicBase,
    httpPort: () => ports.http ?? environment.httpPort,
    onUnknown: options.onUnknown,
    ...surroundings,
  });
  const recorder = createRecorder({ add: options.addEvent, view, explain: policy.explain, worker });
  const metrics = createFileMetrics(registry);
  let pnp: PnpServer | null = null;
  const observe = (fact: FileFact): void => {
    metrics.observe(fact);
    recorder.observeFile(fact);
    const mac = fact.mac === null ? null : parseMac(fact.mac);
    if (fact.kind === 'download') pnp?.noteFetch(fact.address, mac?.ok ? mac.value : null);
  };
  const http = roles.has('http') ? openHttp(options, { handler, observe }) : null;
  if (http) {
    const listening = http.listen({ port: environment.httpPort });
    ports.http = (await claimPort('PROVOST_HTTP_PORT', environment.httpPort, listening)).port;
    metrics.watch('provost_http_connections', 'Open HTTP connections', () => http.connections);
  }
  const tftp = roles.has('tftp') ? await openTftp(options, { handler, observe }) : null;
  if (tftp) ports.tftp = tftp.port;
  if (roles.has('pnp')) {
    pnp = await openPnp(options, policy, recorder);
    ports.sip = environment.sipPort;
  }
  return {
    ports,
    pnpStatus: () => pnp?.status() ?? null,
    async close(graceMs) {
      await pnp?.close();
      await Promise.all([http?.close(graceMs), tftp?.server.close(graceMs)]);
    },
  };
}

interface Serving {
  readonly handler: FileHandler;
  readonly observe: (fact: FileFact) => void;
}

function openHttp(options: PhoneSideOptions, serving: Serving): FileHttpServer {
  const { view, registry, log, environment, describe } = options;
  const pages = createStatusPages({
    view,
    networks: environment.metricsNetworks,
    collectMetrics: () => registry.metrics(),
    describe,
  });
  return createFileHttpServer({ ...serving, pages, log, noteAddress: view.noteAddress });
}

const TFTP_PORT = 69;
const UNPRIVILEGED_TFTP_PORT = 6969;

interface OpenTftp {
  readonly server: TftpServer;
  readonly port: number;
}

/** Without a wish: the port that phones know, else one that this user may bind. */
async function openTftp(options: PhoneSideOptions, serving: Serving): Promise<OpenTftp> {
  const { view, log, environment } = options;
  const parts = { ...serving, log, noteAddress: view.noteAddress };
  const wish = environment.tftpPort;
  if (wish !== null) return claimPort('PROVOST_TFTP_PORT', wish, listenTftp(parts, wish));
  try {
    return await listenTftp(parts, TFTP_PORT);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code !== 'EACCES' && code !== 'EADDRINUSE') throw error;
    const why = code === 'EACCES' ? 'this user may not bind it' : 'another program has it';
    log.warn({ port: UNPRIVILEGED_TFTP_PORT }, `TFTP is not on port ${TFTP_PORT}: ${why}`);
    const second = listenTftp(parts, UNPRIVILEGED_TFTP_PORT);
    return claimPort('PROVOST_TFTP_PORT', UNPRIVILEGED_TFTP_PORT, second);
  }
}

async function listenTftp(parts: TftpServerOptions, port: number): Promise<OpenTftp> {
  const server = createTftpServer(parts);
  return { server, port: (await server.listen({ port })).port };
}

async function openPnp(
  { environment, registry, log }: PhoneSideOptions,
  policy: RulePolicy,
  recorder: Recorder,
): Promise<PnpServer> {
  const count = countPnpEvents(registry);
  const pnp = await startPnpServer({
    sockets: {
      group: environment.sipGroup,
      port: environment.sipPort,
      interfaces: environment.sipInterfaces,
    },
    policy,
    observe: (event) => {
      count(event);
      recorder.observePnp(event);
    },
    onProblem: (problem) => log.warn({ err: problem }, 'PnP goes on after a problem'),
  });
  const found = pnp.status().interfaces.flatMap(({ name, address }) => [name, address]);
  const missing = environment.sipInterfaces?.filter((wanted) => !found.includes(wanted)) ?? [];
  if (missing.length > 0)
    log.warn({ missing }, 'PROVOST_SIP_INTERFACES names what is not there; PnP begins on it when it comes');
  return pnp;
}
