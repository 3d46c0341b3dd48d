import type { Socket } from 'node:dgram';
import { closeSocket, findLocalAddress, openBound, toError } from './datagram-socket.ts';
import { findFacing, type LocalSubnet, listSubnets } from './interfaces.ts';
import type { PnpContext } from './policy.ts';
import type { PnpSource } from './subscription.ts';

export interface PnpSocketConfig {
  readonly group: string;
  readonly port: number;
  /** Names or addresses; null for every IPv4 interface that is up, loopback included. */
  readonly interfaces: readonly string[] | null;
  /** Port to answer from where it is free; else the system picks one. The group's port unless given. */
  readonly answerPort?: number;
  readonly rescanMs?: number;
  /** Switches without a querier forget a member after some 260 s; joining again reports it anew. */
  readonly rejoinMs?: number;
}

export interface PnpSocketHandlers {
  readonly onGroupDatagram: (bytes: Uint8Array, source: PnpSource, context: PnpContext) => void;
  readonly onUnicast: (bytes: Uint8Array, source: PnpSource) => void;
  /** A socket call failed. The status shows what that left closed; the next scan tries again. */
  readonly onProblem: (problem: Error) => void;
}

export interface PnpInterfaceStatus {
  readonly name: string;
  readonly address: string;
  /** The port that we answer from; null while there is no socket. */
  readonly answerPort: number | null;
  readonly joined: boolean;
  readonly problem: string | null;
  /** Milliseconds since 1970; null when none came yet. */
  readonly lastSubscribeAt: number | null;
}

export interface PnpSocketStatus {
  /** False while another program holds the group's port for itself. */
  readonly listening: boolean;
  readonly problem: string | null;
  readonly interfaces: readonly PnpInterfaceStatus[];
}

interface Facing extends LocalSubnet {
  answering: Socket | null;
  answerPort: number;
  problem: string | null;
  lastSubscribeAt: number | null;
}

const RESCAN_MS = 10_000;
const REJOIN_MS = 90_000;
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;
const KERNEL_ANSWER_LASTS_MS = 300_000;
const MOST_KERNEL_ANSWERS = 4096;
const MOST_KERNEL_QUESTIONS = 64;
const NOWHERE: PnpContext = { localAddress: '0.0.0.0', localPort: 0, interfaceName: null };
const SUBSCRIBE = Buffer.from('SUBSCRIBE ');

/**
 * The sockets of the responder. One listens: bound to the group itself, so that it gets no unicast, with a membership per
 * interface. One per address answers: bound to that address without sharing its port, so that it takes no datagram from a
 * PBX on the same host. Nothing is ever sent to the group.
 */
export class PnpSockets {
  readonly #config: PnpSocketConfig;
  readonly #handlers: PnpSocketHandlers;
  /** By address. */
  readonly #facing = new Map<string, Facing>();
  #subnets: readonly Facing[] = [];
  /** The address that each interface was joined with, by interface; its other addresses share the membership. */
  readonly #memberships = new Map<string, string>();
  readonly #kernelAnswers = new Map<string, { readonly address: string; readonly until: number }>();
  #kernelQuestions = 0;
  #listening: Socket | null = null;
  #problem: string | null = null;
  #scan: Promise<void> = Promise.resolve();
  #timers: readonly NodeJS.Timeout[] = [];
  #closed = false;

  constructor(config: PnpSocketConfig, handlers: PnpSocketHandlers) {
    this.#config = config;
    this.#handlers = handlers;
  }

  /** Opens what can be opened now; what cannot is in the status and is tried again at every scan. */
  async start(): Promise<void> {
    await this.rescan();
    this.#timers = [
      setInterval(() => void this.rescan(), this.#config.rescanMs ?? RESCAN_MS).unref(),
      setInterval(() => this.#rejoin(), this.#config.rejoinMs ?? REJOIN_MS).unref(),
    ];
  }

  /** Looks for interfaces that came or went; scans do not overlap. */
  rescan(): Promise<void> {
    this.#scan = this.#scan
      .then(() => this.#reconcile())
      .catch((error) => this.#handlers.onProblem(toError(error)));
    return this.#scan;
  }

  send(datagram: Uint8Array, target: PnpSource, context: PnpContext): void {
    const socket = this.#facing.get(context.localAddress)?.answering;
    socket?.send(datagram, target.port, target.address, this.#reportSend);
  }

  /** Whether an address is in a subnet of an interface that we serve. */
  isOnLink(address: string): boolean {
    return findFacing(this.#subnets, address).length > 0;
  }

  isOwnSocket({ address, port }: PnpSource): boolean {
    return this.#facing.get(address)?.answerPort === port;
  }

  status(): PnpSocketStatus {
    const interfaces = this.#subnets.map((facing) => ({
      name: facing.name,
      address: facing.address,
      answerPort: facing.answering ? facing.answerPort : null,
      joined: this.#memberships.has(facing.name),
      problem: facing.problem,
      lastSubscribeAt: facing.lastSubscribeAt,
    }));
    return { listening: this.#listening !== null, problem: this.#problem, interfaces };
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.#scan;
    const open = [this.#listening, ...this.#subnets.map(({ answering }) => answering)];
    this.#listening = null;
    this.#subnets = [];
    this.#facing.clear();
    this.#memberships.clear();
    await Promise.all(open.map(closeSocket));
  }

  readonly #reportSend = (error: Error | null): void => {
    if (error && !this.#closed) this.#handlers.onProblem(error);
  };

  async #reconcile(): Promise<void> {
    if (this.#closed) return;
    if (!this.#listening) await this.#listen();
    const present = listSubnets(this.#config.interfaces);
    for (const facing of this.#subnets)
      if (!present.some((subnet) => isSame(subnet, facing))) await this.#remove(facing);
    for (const subnet of present) await this.#add(subnet);
    this.#subnets = [...this.#facing.values()];
    this.#joinAll();
  }

  async #listen(): Promise<void> {
    const { group, port } = this.#config;
    const socket = await openBound({ address: group, port, isShared: true });
    const problem = socket instanceof Error ? socket : null;
    if (problem && problem.message !== this.#problem) this.#handlers.onProblem(problem);
    this.#problem = problem?.message ?? null;
    if (socket instanceof Error) return;
    this.#memberships.clear();
    this.#listening = socket;
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
    socket.on('message', (bytes, source) => this.#deliver(bytes, source));
    socket.on('error', (error) => {
      this.#listening = null;
      this.#memberships.clear();
      void closeSocket(socket);
      this.#handlers.onProblem(error);
    });
  }

  async #add(subnet: LocalSubnet): Promise<void> {
    const known = this.#facing.get(subnet.address);
    const facing = known ?? {
      ...subnet,
      answering: null,
      answerPort: 0,
      problem: null,
      lastSubscribeAt: null,
    };
    if (!known) this.#kernelAnswers.clear();
    this.#facing.set(subnet.address, facing);
    if (!facing.answering) await this.#openAnswering(facing);
  }

  async #remove(facing: Facing): Promise<void> {
    this.#facing.delete(facing.address);
    this.#kernelAnswers.clear();
    if (this.#memberships.get(facing.name) === facing.address) this.#leave(facing.name);
    await closeSocket(facing.answering);
  }

  async #openAnswering(facing: Facing): Promise<void> {
    const { address } = facing;
    const preferred = this.#config.answerPort ?? this.#config.port;
    let socket = await openBound({ address, port: preferred, isShared: false });
    if (socket instanceof Error) socket = await openBound({ address, port: 0, isShared: false });
    facing.problem = socket instanceof Error ? socket.message : null;
    if (socket instanceof Error) return this.#handlers.onProblem(socket);
    const opened = socket;
    opened.on('message', (bytes, source) => this.#handlers.onUnicast(bytes, source));
    opened.on('error', (error) => {
      facing.answering = null;
      void closeSocket(opened);
      this.#handlers.onProblem(error);
    });
    facing.answering = opened;
    facing.answerPort = opened.address().port;
  }

  #joinAll(): void {
    for (const facing of this.#subnets) if (!this.#memberships.has(facing.name)) this.#join(facing);
  }

  #join(facing: Facing): void {
    if (!this.#listening) return;
    try {
      this.#listening.addMembership(this.#config.group, facing.address);
      this.#memberships.set(facing.name, facing.address);
    } catch (error) {
      const problem = toError(error);
      if (problem.message !== facing.problem) this.#handlers.onProblem(problem);
      facing.problem = problem.message;
    }
  }

  #leave(name: string): void {
    const address = this.#memberships.get(name);
    this.#memberships.delete(name);
    if (address === undefined) return;
    try {
      this.#listening?.dropMembership(this.#config.group, address);
    } catch (error) {
      // An interface that was deleted took its membership along, and says so.
      if (this.#facing.has(address)) this.#handlers.onProblem(toError(error));
    }
  }

  #rejoin(): void {
    for (const name of [...this.#memberships.keys()]) this.#leave(name);
    this.#joinAll();
  }

  #deliver(bytes: Uint8Array, source: PnpSource): void {
    const facing = findFacing(this.#subnets, source.address);
    const first = facing[0];
    if (!first) this.#handlers.onGroupDatagram(bytes, source, NOWHERE);
    else if (facing.length === 1) this.#deliverTo(first, bytes, source);
    else this.#deliverToRouted(facing, bytes, source);
  }

  #deliverTo(facing: Facing, bytes: Uint8Array, source: PnpSource): void {
    if (SUBSCRIBE.equals(bytes.subarray(0, SUBSCRIBE.length))) facing.lastSubscribeAt = Date.now();
    const context = {
      localAddress: facing.address,
      localPort: facing.answerPort,
      interfaceName: facing.name,
    };
    this.#handlers.onGroupDatagram(bytes, source, context);
  }

  /** Several interfaces share the source's network: the one that the kernel would send through faces it. */
  #deliverToRouted(candidates: readonly Facing[], bytes: Uint8Array, source: PnpSource): void {
    const known = this.#kernelAnswers.get(source.address);
    const facing = known && known.until > Date.now() ? this.#facing.get(known.address) : undefined;
    if (facing) this.#deliverTo(facing, bytes, source);
    else if (this.#kernelQuestions < MOST_KERNEL_QUESTIONS) void this.#askKernel(candidates, bytes, source);
  }

  async #askKernel(candidates: readonly Facing[], bytes: Uint8Array, source: PnpSource): Promise<void> {
    this.#kernelQuestions += 1;
    try {
      const address = await findLocalAddress(source.address);
      const chosen = candidates.find((facing) => facing.address === address) ?? candidates[0];
      if (this.#closed || !chosen) return;
      if (this.#kernelAnswers.size >= MOST_KERNEL_ANSWERS) this.#kernelAnswers.clear();
      this.#kernelAnswers.set(source.address, {
        address: chosen.address,
        until: Date.now() + KERNEL_ANSWER_LASTS_MS,
      });
      this.#deliverTo(chosen, bytes, source);
    } catch (error) {
      this.#handlers.onProblem(toError(error));
    } finally {
      this.#kernelQuestions -= 1;
    }
  }
}

function isSame(one: LocalSubnet, other: LocalSubnet): boolean {
  return one.name === other.name && one.address === other.address && one.mask === other.mask;
}
