interface Streak {
  readonly since: number;
  repeats: number;
}

export interface CoalescerOptions {
  readonly windowMs: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  readonly mostKeys?: number;
}

const MOST_KEYS = 10_000;

/** Lets the first of equal things pass, then one in each window that says how many it stands for. */
export class Coalescer {
  readonly #options: CoalescerOptions;
  readonly #streaks = new Map<string, Streak>();

  constructor(options: CoalescerOptions) {
    this.#options = options;
  }

  /** How many were held back since the last that passed; null when this one is held back too. */
  pass(key: string): number | null {
    const now = this.#options.now();
    const streak = this.#streaks.get(key);
    if (streak && now - streak.since < this.#options.windowMs) {
      streak.repeats += 1;
      return null;
    }
    this.#streaks.delete(key);
    this.#streaks.set(key, { since: now, repeats: 0 });
    this.#forgetOldest();
    return streak?.repeats ?? 0;
  }

  #forgetOldest(): void {
    for (const oldest of this.#streaks.keys()) {
      if (this.#streaks.size <= (this.#options.mostKeys ?? MOST_KEYS)) return;
      this.#streaks.delete(oldest);
    }
  }
}
