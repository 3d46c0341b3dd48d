import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export type Direction = 'to-server' | 'to-client';

/** What becomes of a datagram; `after-next` lets the one behind it overtake. */
export type Fate = 'pass' | 'drop' | 'twice' | 'after-next';

export interface UdpRelayOptions {
  readonly server: Endpoint;
  /** Decides by the number of the datagram in its direction, from 0. */
  readonly fate: (index: number, direction: Direction) => Fate;
  readonly listen?: Partial<Endpoint>;
  /** Where the relay faces the server from; the server sees this as the client's address. */
  readonly upstream?: Partial<Endpoint>;
}

export interface UdpRelay extends Endpoint {
  /** What came in, in order, before its fate was decided. */
  readonly seen: readonly { readonly direction: Direction; readonly bytes: Buffer; readonly fate: Fate }[];
  close(): Promise<void>;
}

interface Session {
  readonly client: Endpoint;
  readonly upstream: Socket;
  /** The socket that stands for each endpoint of the server towards the client; TFTP and PnP answer from a new port. */
  readonly faces: Map<string, Promise<Socket>>;
}

/**
 * Stands between one client and a server and loses, doubles and swaps datagrams as it is told, the same way every time.
 * The client talks to the relay; each port that the server answers from gets a port of the relay of its own.
 * The server may be a multicast group: the datagrams leave on the interface of the upstream address.
 */
export async function openUdpRelay(options: UdpRelayOptions): Promise<UdpRelay> {
  const sockets = new Set<Socket>();
  const seen: { direction: Direction; bytes: Buffer; fate: Fate }[] = [];
  const lanes = { 'to-server': createLane(), 'to-client': createLane() };
  const front = await openSocket(options.listen);
  let session: Promise<Session> | null = null;

  async function openSocket(at: Partial<Endpoint> = {}): Promise<Socket> {
    const socket = createSocket('udp4');
    sockets.add(socket);
    socket.bind(at.port ?? 0, at.address ?? '127.0.0.1');
    await once(socket, 'listening');
    return socket;
  }

  function pass(direction: Direction, bytes: Buffer, send: () => void): void {
    const lane = lanes[direction];
    const fate = options.fate(lane.count, direction);
    seen.push({ direction, bytes, fate });
    lane.count += 1;
    const held = lane.held.splice(0);
    if (fate === 'pass' || fate === 'twice') send();
    if (fate === 'twice') send();
    if (fate === 'after-next') lane.held.push(send);
    for (const sendHeld of held) sendHeld();
  }

  async function openSession(client: Endpoint): Promise<Session> {
    const upstream = await openSocket(options.upstream);
    upstream.setMulticastInterface(upstream.address().address);
    upstream.setMulticastLoopback(true);
    const opened: Session = {
      client,
      upstream,
      faces: new Map([[keyOf(options.server), Promise.resolve(front)]]),
    };
    upstream.on('message', (bytes, from) => void forwardToClient(opened, bytes, from));
    return opened;
  }

  async function forwardToClient(opened: Session, bytes: Buffer, from: Endpoint): Promise<void> {
    const known = opened.faces.get(keyOf(from));
    const face = known ?? openFace(opened, { address: from.address, port: from.port });
    if (!known) opened.faces.set(keyOf(from), face);
    const socket = await face;
    pass('to-client', bytes, () => socket.send(bytes, opened.client.port, opened.client.address));
  }

  async function openFace(opened: Session, server: Endpoint): Promise<Socket> {
    const face = await openSocket({ address: front.address().address });
    face.on('message', (bytes) => forwardToServer(opened, bytes, server));
    return face;
  }

  function forwardToServer(opened: Session, bytes: Buffer, server: Endpoint): void {
    pass('to-server', bytes, () => opened.upstream.send(bytes, server.port, server.address));
  }

  front.on('message', async (bytes, from) => {
    session ??= openSession({ address: from.address, port: from.port });
    forwardToServer(await session, bytes, options.server);
  });

  return {
    address: front.address().address,
    port: front.address().port,
    seen,
    async close() {
      await Promise.all(
        [...sockets].map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))),
      );
    },
  };
}

interface Lane {
  count: number;
  readonly held: (() => void)[];
}

function createLane(): Lane {
  return { count: 0, held: [] };
}

function keyOf({ address, port }: Endpoint): string {
  return `${address}:${port}`;
}
