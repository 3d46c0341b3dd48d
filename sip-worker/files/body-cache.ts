/** Opened file bodies by their artifact's address, least recently used first out, bounded in bytes. */
export interface BodyCache {
  get(address: string): Buffer | null;
  put(address: string, body: Buffer): void;
  readonly bytes: number;
  readonly entries: number;
}

/** What an entry costs beside its bytes: key, map slot, Buffer object. */
const ENTRY_OVERHEAD = 200;

export function createBodyCache(limitBytes: number): BodyCache {
  const bodies = new Map<string, Buffer>();
  let bytes = 0;
  function drop(address: string, body: Buffer): void {
    bodies.delete(address);
    bytes -= body.length + ENTRY_OVERHEAD;
  }
  return {
    get(address) {
      const body = bodies.get(address);
      if (body === undefined) return null;
      bodies.delete(address);
      bodies.set(address, body);
      return body;
    },
    put(address, body) {
      const known = bodies.get(address);
      if (known) drop(address, known);
      if (body.length + ENTRY_OVERHEAD > limitBytes / 4) return;
      bodies.set(address, withoutSlack(body));
      bytes += body.length + ENTRY_OVERHEAD;
      for (const [oldest, old] of bodies) {
        if (bytes <= limitBytes) break;
        drop(oldest, old);
      }
    },
    get bytes() {
      return bytes;
    },
    get entries() {
      return bodies.size;
    },
  };
}

/** A small result of zlib keeps its whole 16 KiB chunk alive; what is kept long is copied to its size. */
function withoutSlack(body: Buffer): Buffer {
  if (body.buffer.byteLength <= body.length * 1.25) return body;
  const exact = Buffer.allocUnsafeSlow(body.length);
  body.copy(exact);
  return exact;
}
