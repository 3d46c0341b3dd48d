/** So many at once, so many in line behind them, and the others are sent away. */
export interface Turns {
  /** Resolves when it is one's turn, to what ends it; null: too many wait already. */
  take(): Promise<() => void> | null;
}

export function createTurns(limits: { readonly atOnce: number; readonly waiting: number }): Turns {
  const line: (() => void)[] = [];
  let busy = 0;

  function end(): void {
    const next = line.shift();
    if (next) next();
    else busy -= 1;
  }

  return {
    take() {
      if (busy < limits.atOnce) {
        busy += 1;
        return Promise.resolve(end);
      }
      if (line.length >= limits.waiting) return null;
      return new Promise((resolve) => line.push(() => resolve(end)));
    },
  };
}
