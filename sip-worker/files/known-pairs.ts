/** Which phones were fetched for from which address, so that a neighbour's guessing does not lock them out. */
export interface KnownPairs {
  add(address: string, deviceId: string): void;
  has(address: string, deviceId: string): boolean;
  readonly size: number;
}

const MOST_PAIRS = 20_000;

/** Remembers the last 20,000 pairs. */
export function createKnownPairs(): KnownPairs {
  const pairs = new Set<string>();
  return {
    add(address, deviceId) {
      const pair = `${address} ${deviceId}`;
      if (pairs.has(pair)) return;
      pairs.add(pair);
      for (const oldest of pairs) {
        if (pairs.size <= MOST_PAIRS) break;
        pairs.delete(oldest);
      }
    },
    has: (address, deviceId) => pairs.has(`${address} ${deviceId}`),
    get size() {
      return pairs.size;
    },
  };
}
