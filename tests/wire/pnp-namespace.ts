/**
 * Runs inside a network namespace of its own: a responder on veth interfaces, and phones behind their other ends in a second
 * namespace. Prints what happened as JSON. The argument is the responder's list of interfaces, as JSON.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { type PnpServer, startPnpServer } from '../../sip-worker/pnp/server.ts';
import { ip } from '../support/namespace.ts';
import { findSubscribeCase } from '../support/pnp-vectors.ts';

const GROUP = '224.0.1.75';
const GROUP_IN_PROC = '4B0100E0';
const PORT = 5060;

interface Cable {
  readonly name: string;
  readonly serverAddress: string;
  readonly phoneAddress: string;
}

const FIRST: Cable = { name: 'first', serverAddress: '192.168.60.1', phoneAddress: '192.168.60.10' };
const LATE: Cable = { name: 'late', serverAddress: '10.7.0.1', phoneAddress: '10.7.0.10' };
const OTHER: Cable = { name: 'other', serverAddress: '172.20.0.1', phoneAddress: '172.20.0.10' };

export interface NamespaceReport {
  readonly members: Readonly<Record<'atStart' | 'afterAdding' | 'afterRemoving', readonly string[]>>;
  /** First lines of what each phone received, and the address it came from. */
  readonly received: Readonly<Record<string, readonly (readonly [line: string, from: string])[]>>;
  readonly packetsSentOnOther: number;
  readonly interfacesSeen: readonly (string | null)[];
  readonly problems: readonly string[];
}

interface PhoneOrder {
  readonly cable: Cable;
  /** Bring the cable up and start listening, or send a SUBSCRIBE and wait for this many datagrams. */
  readonly expects: number | null;
}

if (process.argv[2] === 'phones') servePhones();
else process.stdout.write(JSON.stringify(await runScenario(JSON.parse(process.argv[2] ?? 'null'))));

async function runScenario(interfaces: string[] | null): Promise<NamespaceReport> {
  const phones = spawn('unshare', ['-n', process.execPath, import.meta.filename, 'phones'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(phones, 'message');
  const interfacesSeen: (string | null)[] = [];
  const problems: string[] = [];
  await ip('link set lo up');
  await plug(phones, FIRST);
  await plug(phones, OTHER);
  const server = await startPnpServer({
    sockets: { group: GROUP, port: PORT, interfaces, rescanMs: 20 },
    policy: {
      decide(_request, context) {
        interfacesSeen.push(context.interfaceName);
        return { answer: true, url: `http://${context.localAddress}/`, rule: 'r', deviceId: null };
      },
    },
    observe: () => undefined,
    onProblem: (problem) => problems.push(problem.message),
  });
  const atStart = listMembers();
  if (interfaces !== null) await order(phones, { cable: OTHER, expects: 0 });
  const received = { first: await order(phones, { cable: FIRST, expects: 2 }) };
  await plug(phones, LATE);
  await waitUntil(() => isJoined(server, LATE.name));
  const afterAdding = listMembers();
  const late = await order(phones, { cable: LATE, expects: 2 });
  const other = await order(phones, { cable: OTHER, expects: interfaces === null ? 2 : 0 });
  const packetsSentOnOther = countSent(OTHER.name);
  await ip(`link del ${LATE.name}`);
  await waitUntil(() => !server.status().interfaces.some(({ name }) => name === LATE.name));
  const afterRemoving = listMembers();
  await server.close();
  phones.disconnect();
  return {
    members: { atStart, afterAdding, afterRemoving },
    received: { ...received, late, other },
    packetsSentOnOther,
    interfacesSeen,
    problems,
  };
}

/** A cable with one end here and the other in the namespace of the phones, both up. Without IPv6, which would chatter. */
async function plug(phones: ChildProcess, cable: Cable): Promise<void> {
  await ip(`link add ${cable.name} type veth peer name p-${cable.name}`);
  await ip(`link set ${cable.name} addrgenmode none`);
  await ip(`link set p-${cable.name} netns ${phones.pid}`);
  await ip(`addr add ${cable.serverAddress}/24 dev ${cable.name}`);
  await ip(`link set ${cable.name} up`);
  await order(phones, { cable, expects: null });
}

async function order(phones: ChildProcess, what: PhoneOrder): Promise<[string, string][]> {
  phones.send(what);
  const [answer] = await once(phones, 'message');
  return answer as [string, string][];
}

async function waitUntil(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await delay(5);
}

function isJoined(server: PnpServer, name: string): boolean {
  return server
    .status()
    .interfaces.some((entry) => entry.name === name && entry.joined && entry.answerPort === PORT);
}

/** The interfaces that the kernel says are members of the group. */
function listMembers(): string[] {
  const members: string[] = [];
  let current = '';
  for (const line of readFileSync('/proc/net/igmp', 'utf8').split('\n')) {
    const device = /^\d+\s+(\S+)/.exec(line);
    if (device) current = device[1] ?? '';
    if (line.includes(GROUP_IN_PROC)) members.push(current);
  }
  return members.sort();
}

function countSent(name: string): number {
  const line = readFileSync('/proc/net/dev', 'utf8')
    .split('\n')
    .find((text) => text.trim().startsWith(`${name}:`));
  return Number(line?.split(':')[1]?.trim().split(/\s+/)[9]);
}

/** The other namespace: does what it is told and says what the phones received so far. */
function servePhones(): void {
  process.on('message', async (what: PhoneOrder) => {
    if (what.expects === null) await bringUp(what.cable);
    process.send?.(what.expects === null ? [] : await ask(what.cable, what.expects));
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.('ready');
}

async function bringUp(cable: Cable): Promise<void> {
  await ip(`link set p-${cable.name} addrgenmode none`);
  await ip(`addr add ${cable.phoneAddress}/24 dev p-${cable.name}`);
  await ip(`link set p-${cable.name} up`);
}

async function ask(cable: Cable, expects: number): Promise<[string, string][]> {
  const { raw, source } = findSubscribeCase('snom-seed');
  const socket = createSocket('udp4');
  const received: [string, string][] = [];
  socket.bind(PORT, cable.phoneAddress);
  await once(socket, 'listening');
  socket.setMulticastInterface(cable.phoneAddress);
  socket.on('message', (bytes, from) => {
    received.push([bytes.toString().split('\r\n')[0] ?? '', `${from.address}:${from.port}`]);
    socket.emit('received');
  });
  socket.send(raw.replaceAll(source.address, cable.phoneAddress), PORT, GROUP);
  while (received.length < expects) await once(socket, 'received');
  socket.close();
  return received;
}
