import { setTimeout as sleep } from 'node:timers/promises';
import { webContext } from './context.ts';
import { logFailure } from './failure.ts';
import { type Gate, type LastingGate, signedInGate } from './session.ts';

const LOOK_EVERY_MS = 1_000;
/** Often enough that a session that was ended stops soon, and that proxies keep the connection. */
const LOOKS_PER_CHECK = 10;
/** The browser connects again; so nothing here lives longer than a deployment needs to drain. */
const LONGEST_MS = 5 * 60_000;

/** What a page shows, in short: equal marks, equal page. */
type ReadMark = (gate: Gate, query: URLSearchParams) => Promise<unknown>;

/** Server-sent events: `change` at once and whenever the mark differs from the last one. */
export function changeStream(
  readMark: ReadMark,
  { lookEveryMs = LOOK_EVERY_MS }: { readonly lookEveryMs?: number } = {},
): (request: Request) => Promise<Response> {
  return async (request) => {
    const gate = await signedInGate();
    if (!gate) return new Response('Sign in first.', { status: 401 });
    const query = new URL(request.url).searchParams;
    const lines = followMark(request, { gate, lookEveryMs, read: () => readMark(gate, query) });
    return new Response(toStream(lines), {
      headers: {
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-store, no-transform',
        'X-Accel-Buffering': 'no',
      },
    });
  };
}

interface Following {
  readonly gate: LastingGate;
  readonly lookEveryMs: number;
  readonly read: () => Promise<unknown>;
}

async function* followMark(request: Request, { gate, lookEveryMs, read }: Following): AsyncGenerator<string> {
  const end = AbortSignal.any([request.signal, webContext().stopping]);
  let last: string | null = null;
  yield 'retry: 2000\n\n';
  try {
    for (let look = 1; look * lookEveryMs <= LONGEST_MS && !end.aborted; look += 1) {
      const mark = JSON.stringify(await read());
      if (mark !== last) yield 'event: change\ndata: {}\n\n';
      last = mark;
      if (look % LOOKS_PER_CHECK === 0) {
        if (!(await gate.isStillSignedIn())) return;
        yield ': still here\n\n';
      }
      await sleep(lookEveryMs, undefined, { signal: end });
    }
  } catch (error) {
    if (end.aborted) return;
    logFailure(error, { requestId: gate.requestId, doing: 'follow changes' });
  }
}

function toStream(lines: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    pull: async (controller) => {
      const next = await lines.next();
      if (next.done) controller.close();
      else controller.enqueue(encoder.encode(next.value));
    },
    cancel: async () => {
      await lines.return(undefined);
    },
  });
}
