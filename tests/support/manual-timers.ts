import type { Timers } from '../../sip-worker/sip/client-transaction.ts';

export interface ManualTimers extends Timers {
  readonly now: () => number;
  /** Moves the clock, firing what falls due on the way, in order. */
  advance(ms: number): void;
  readonly pending: number;
}

interface Waiting {
  readonly dueAt: number;
  readonly callback: () => void;
}

/** A clock that stands still until a test moves it. */
export function createManualTimers(): ManualTimers {
  const waiting = new Set<Waiting>();
  let clock = 0;
  function nextDue(until: number): Waiting | undefined {
    return [...waiting].filter((timer) => timer.dueAt <= until).sort((a, b) => a.dueAt - b.dueAt)[0];
  }
  return {
    now: () => clock,
    set(delayMs, callback) {
      const timer = { dueAt: clock + delayMs, callback };
      waiting.add(timer);
      return timer;
    },
    clear: (handle) => void waiting.delete(handle as Waiting),
    advance(ms) {
      const until = clock + ms;
      for (let timer = nextDue(until); timer; timer = nextDue(until)) {
        waiting.delete(timer);
        clock = timer.dueAt;
        timer.callback();
      }
      clock = until;
    },
    get pending() {
      return waiting.size;
    },
  };
}
