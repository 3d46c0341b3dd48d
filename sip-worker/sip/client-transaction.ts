/** RFC 3261 17.1.1.1 and 17.1.2.2, in milliseconds. */
const T1 = 500;
const T2 = 4_000;
const T4 = 5_000;
const TIMER_F = 64 * T1;

export interface Timers {
  set(delayMs: number, callback: () => void): unknown;
  clear(handle: unknown): void;
}

export type ClientOutcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly roundTripMs: number;
      readonly sends: number;
    }
  | { readonly kind: 'timed-out'; readonly sends: number }
  | { readonly kind: 'stopped'; readonly sends: number };

export interface ClientTransactionOptions {
  /** Sends the request once more; false when it may not go out again, which ends the repeats but not the waiting. */
  readonly send: (attempt: number) => boolean;
  readonly timers: Timers;
  readonly now: () => number;
  /** Called once, with the first final response, at Timer F, or when stopped. */
  readonly onOutcome: (outcome: ClientOutcome) => void;
  /** Timer K: how long repeats of the final response are soaked up; T4 unless given. */
  readonly lingerMs?: number;
  /** Called when no further response can belong to it (Timer K has passed, or it failed). */
  readonly onTerminated: () => void;
}

export interface ClientTransaction {
  /** A response that matched by branch and CSeq method. */
  receive(status: number): void;
  /** The goal was reached in another way; nothing more is sent. */
  stop(): void;
}

/**
 * The non-INVITE client transaction over UDP (RFC 3261 17.1.2).
 *
 *   trying --1xx--> proceeding        Timer E repeats the request: T1 doubling to T2; always T2 when proceeding
 *      |                |             Timer F ends both after 64*T1
 *      +---200..699-----+--> completed --Timer K (T4)--> terminated
 */
export function startClientTransaction(options: ClientTransactionOptions): ClientTransaction {
  const { timers, now, lingerMs = T4 } = options;
  const startedAt = now();
  let state: 'trying' | 'proceeding' | 'completed' | 'terminated' = 'trying';
  let sends = 1;
  let interval = T1;
  let timerE: unknown = timers.set(interval, repeat);
  const timerF: unknown = timers.set(TIMER_F, () => finish({ kind: 'timed-out', sends }));
  options.send(1);

  function repeat(): void {
    if (!options.send(sends + 1)) return;
    sends += 1;
    interval = state === 'proceeding' ? T2 : Math.min(interval * 2, T2);
    timerE = timers.set(interval, repeat);
  }

  function finish(outcome: ClientOutcome): void {
    timers.clear(timerE);
    timers.clear(timerF);
    state = 'completed';
    options.onOutcome(outcome);
    if (lingerMs === 0 || outcome.kind === 'timed-out') terminate();
    else timers.set(lingerMs, terminate);
  }

  function terminate(): void {
    state = 'terminated';
    options.onTerminated();
  }

  return {
    receive(status) {
      if (state === 'completed' || state === 'terminated') return;
      if (status < 200) state = 'proceeding';
      else finish({ kind: 'answered', status, roundTripMs: now() - startedAt, sends });
    },
    stop() {
      if (state === 'trying' || state === 'proceeding') finish({ kind: 'stopped', sends });
    },
  };
}
