import { performance } from 'node:perf_hooks';

/** What a generator is given: everything once, or as much of it as there is time for. */
export interface Batch<Item> {
  readonly items: readonly Item[];
  readonly mostMs: number;
}

/** What a generator saw. */
export interface Run {
  readonly latenciesMs: readonly number[];
  /** Datagrams that had to be sent again. */
  readonly repeats: number;
}

/** Gives each item to the next of `lanes` that is free; `carry` resolves when the lane has finished it. Returns latencies. */
export async function runLanes<Lane, Item>(
  lanes: readonly Lane[],
  { items, mostMs }: Batch<Item>,
  carry: (lane: Lane, item: Item) => Promise<void>,
): Promise<number[]> {
  const latenciesMs: number[] = [];
  const endsAt = performance.now() + mostMs;
  let next = 0;
  const drive = async (lane: Lane): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) {
      const startedAt = performance.now();
      await carry(lane, item);
      const endedAt = performance.now();
      latenciesMs.push(endedAt - startedAt);
      if (endedAt > endsAt) return;
    }
  };
  await Promise.all(lanes.map(drive));
  return latenciesMs;
}

/** The same order for the same seed, so that servers in one round see the same. */
export function shuffle<T>(items: readonly T[], seed: number): T[] {
  const shuffled = [...items];
  let state = seed;
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (last + 1));
    const kept = shuffled[last] as T;
    shuffled[last] = shuffled[other] as T;
    shuffled[other] = kept;
  }
  return shuffled;
}
