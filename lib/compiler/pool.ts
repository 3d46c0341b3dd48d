/**
 * Compile runs where it can be killed: templates are written by people, and a loop that never ends must cost one thread
 * and one device its publication, never the process.
 */
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import type { Worker } from 'node:worker_threads';
import type { Catalog } from '#lib/domain/catalog.ts';
import type { Finding } from '#lib/domain/finding.ts';
import type { CompileJob, CompileOutcome, ToThread } from './job.ts';

export interface CompilerOptions {
  readonly threads?: number;
  /** Wall time of one job. */
  readonly timeoutMs?: number;
  readonly heapMb?: number;
}

export interface Compiler {
  /** Outcomes in the order of the jobs. A job that is killed at its limit is refused; the others go on. */
  compile(catalog: Catalog, jobs: readonly CompileJob[]): Promise<CompileOutcome[]>;
  close(): Promise<void>;
}

/**
 * Bundlers rewrite module URLs, so the thread's file is found from the project's root, where both processes run. They
 * also take the Worker that they see imported for one of their own, and look for its file in the bundle.
 */
const threads = process.getBuiltinModule('node:worker_threads');
const THREAD = path.join(process.cwd(), 'lib', 'compiler', 'thread.ts');

/** A pool of compile threads; threads start at the first job and wait for the next. */
export function createCompiler(options: CompilerOptions = {}): Compiler {
  const { threads = 1, timeoutMs = 2_000, heapMb = 512 } = options;
  const lanes = Array.from({ length: threads }, () => new Lane(timeoutMs, heapMb));
  return {
    async compile(catalog, jobs) {
      const outcomes: CompileOutcome[] = new Array(jobs.length);
      let next = 0;
      const drain = async (lane: Lane): Promise<void> => {
        for (let index = next++; index < jobs.length; index = next++) {
          const job = jobs[index];
          if (job) outcomes[index] = await lane.run(catalog, job);
        }
      };
      await Promise.all(lanes.map(drain));
      return outcomes;
    },
    close: async () => {
      await Promise.all(lanes.map((lane) => lane.close()));
    },
  };
}

/** One thread and the jobs that wait for it. */
class Lane {
  readonly #timeoutMs: number;
  readonly #heapMb: number;
  #thread: Worker | null = null;
  #catalog: Catalog | null = null;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(timeoutMs: number, heapMb: number) {
    this.#timeoutMs = timeoutMs;
    this.#heapMb = heapMb;
  }

  run(catalog: Catalog, job: CompileJob): Promise<CompileOutcome> {
    const turn = this.#queue.then(() => this.#compile(catalog, job));
    this.#queue = turn;
    return turn;
  }

  async close(): Promise<void> {
    await this.#queue;
    await this.#stop();
  }

  async #compile(catalog: Catalog, job: CompileJob): Promise<CompileOutcome> {
    const thread = this.#thread ?? (await this.#start());
    if (this.#catalog !== catalog) send(thread, { kind: 'catalog', catalog });
    this.#catalog = catalog;
    const outcome = await this.#answer(thread, job);
    if (typeof outcome !== 'string') return outcome;
    await this.#stop();
    return { ok: false, findings: [killed(outcome)] };
  }

  /** The thread's answer, or why there will be none. */
  async #answer(thread: Worker, job: CompileJob): Promise<CompileOutcome | string> {
    const waiting = new AbortController();
    const tooLate = `compiling took longer than ${this.#timeoutMs} ms`;
    const timer = setTimeout(() => waiting.abort(), this.#timeoutMs);
    const answered = nextMessage(thread, waiting.signal);
    send(thread, { kind: 'compile', job });
    try {
      return (await answered) as CompileOutcome;
    } catch (error) {
      if (waiting.signal.aborted) return tooLate;
      return `compiling failed: ${error instanceof Error ? error.message : String(error)}`;
    } finally {
      clearTimeout(timer);
      waiting.abort();
    }
  }

  async #start(): Promise<Worker> {
    const thread = new threads.Worker(THREAD, {
      resourceLimits: { maxOldGenerationSizeMb: this.#heapMb },
    });
    const waiting = new AbortController();
    await nextMessage(thread, waiting.signal);
    waiting.abort();
    thread.unref();
    this.#thread = thread;
    this.#catalog = null;
    return thread;
  }

  async #stop(): Promise<void> {
    const thread = this.#thread;
    this.#thread = null;
    await thread?.terminate();
  }
}

/** What the thread says next; rejects when it fails or ends instead, or when nobody waits any more. */
async function nextMessage(thread: Worker, signal: AbortSignal): Promise<unknown> {
  const ended = once(thread, 'exit', { signal }).then(() => {
    throw new Error('the thread ended without an answer');
  });
  const [message] = await Promise.race([once(thread, 'message', { signal }), ended]);
  return message;
}

function send(thread: Worker, message: ToThread): void {
  thread.postMessage(message);
}

function killed(reason: string): Finding {
  return {
    ...{ severity: 'error', code: 'template-limit', file: null, line: null, column: null, template: null },
    reason,
    fix: 'Make the templates of this phone smaller',
  };
}
