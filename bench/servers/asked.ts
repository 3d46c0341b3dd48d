import process from 'node:process';

/** What the measuring process asks a server. One question at a time. */
export type Ask =
  | { readonly kind: 'cpu' }
  /** Forget the events that were recorded, with `bodies` also the files that are cached. */
  | { readonly kind: 'forget'; readonly bodies: boolean }
  | { readonly kind: 'compile'; readonly method: string; readonly count: number };

// From the first moment on: a measuring process that is gone leaves no server behind, however far that had come.
process.on('disconnect', () => process.exit());

/** Says `ready`, then answers until the measuring process is gone. */
export function answerAsks(ready: object, answer: (ask: Ask) => unknown): void {
  process.on('message', async (ask: Ask) => {
    reply(ask.kind === 'cpu' ? process.cpuUsage() : await answer(ask));
  });
  reply(ready);
}

function reply(value: unknown): void {
  process.send?.({ value: value ?? null });
}
