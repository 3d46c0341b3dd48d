/** A map that holds what was used lately: never more than `limit` entries, and always the last `limit / 2` that were used. */
export interface RecentMap<V> {
  /** Counts as a use. */
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  has(key: string): boolean;
  /** Forgets what was not used since the last time this was called. */
  turn(): void;
  readonly size: number;
}

/**
 * Two generations, of which the older one is dropped whole. A Map in order of use would do the same, but finding its oldest
 * entry walks over all that were deleted before it, which costs most when the table is full.
 */
export function createRecentMap<V>(limit: number): RecentMap<V> {
  const mostPerGeneration = Math.max(1, Math.floor(limit / 2));
  let current = new Map<string, V>();
  let previous = new Map<string, V>();

  function turn(): void {
    previous = current;
    current = new Map();
  }

  function set(key: string, value: V): void {
    if (current.size >= mostPerGeneration && !current.has(key)) turn();
    current.set(key, value);
  }

  return {
    get(key) {
      const value = current.get(key);
      if (value !== undefined) return value;
      const older = previous.get(key);
      if (older !== undefined) set(key, older);
      return older;
    },
    set,
    has: (key) => current.has(key) || previous.has(key),
    turn,
    get size() {
      return current.size + previous.size;
    },
  };
}
