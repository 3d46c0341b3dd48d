import type { Liveness } from '../../components/frame/live-pill.tsx';

/** A worker that was not heard for so long is taken for dead; it reports every few seconds. */
const SILENT_AFTER_MS = 30_000;
/** One that was replaced stays in the table for a while; after this it counts only when there is no other. */
const GONE_AFTER_MS = 10 * 60_000;

export interface HeardWorker {
  readonly id: string;
  readonly mode: string;
  readonly heardAt: string;
}

/** Whether phones are being answered, from what the workers last said. */
export function describeLiveness(workers: readonly HeardWorker[], nowMs: number): Liveness {
  const heard = workers.filter((worker) => nowMs - Date.parse(worker.heardAt) <= SILENT_AFTER_MS);
  if (workers.length === 0) {
    return {
      tone: 'wrong',
      word: 'No worker',
      detail: 'no worker has started yet, so phones get no answer',
    };
  }
  if (heard.length === 0) {
    const last = workers
      .map((worker) => worker.heardAt)
      .sort()
      .at(-1)
      ?.slice(11, 16);
    return {
      tone: 'wrong',
      word: 'Silent',
      detail: `no worker was heard since ${last} UTC`,
    };
  }
  const expected = workers.filter((worker) => nowMs - Date.parse(worker.heardAt) <= GONE_AFTER_MS);
  const unwell = heard.filter((worker) => worker.mode !== 'live');
  if (unwell.length > 0 || heard.length < expected.length) {
    const detail = `${heard.length - unwell.length} of ${expected.length} workers follow changes; phones get the last published files`;
    return { tone: 'waiting', word: 'Degraded', detail };
  }
  return {
    tone: 'ok',
    word: 'Live',
    detail: 'phones are answered, and changes reach them at once',
  };
}
