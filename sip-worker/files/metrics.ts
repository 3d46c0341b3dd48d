import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { FileFact } from './fact.ts';

export interface FileMetrics {
  observe(fact: FileFact): void;
  /** A number that is read when somebody looks: open connections, running transfers, bytes in memory. */
  watch(name: string, help: string, read: () => number): void;
}

/** Counts answers to phones. Labels come from closed lists, never from the network. */
export function createFileMetrics(registry: Registry): FileMetrics {
  const registers = [registry];
  const answers = new Counter({
    name: 'provost_file_answers_total',
    help: 'Answers to requests for files',
    labelNames: ['transport', 'status', 'door'] as const,
    registers,
  });
  const refusals = new Counter({
    name: 'provost_file_refusals_total',
    help: 'Refused requests for files by reason',
    labelNames: ['reason'] as const,
    registers,
  });
  const bytes = new Counter({
    name: 'provost_file_bytes_total',
    help: 'Bytes of file bodies sent',
    labelNames: ['transport'] as const,
    registers,
  });
  const broken = new Counter({
    name: 'provost_file_broken_off_total',
    help: 'Downloads that ended before the last byte',
    labelNames: ['transport'] as const,
    registers,
  });
  const seconds = new Histogram({
    name: 'provost_file_seconds',
    help: 'From request to last byte',
    labelNames: ['transport'] as const,
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
    registers,
  });
  return {
    observe(fact) {
      const { transport } = fact;
      answers.inc({ transport, status: fact.status, door: fact.door ?? 'none' });
      if (fact.reasonCode !== null) refusals.inc({ reason: fact.reasonCode });
      if (fact.bytes > 0) bytes.inc({ transport }, fact.bytes);
      if (!fact.completed) broken.inc({ transport });
      seconds.observe({ transport }, fact.durationMs / 1_000);
    },
    watch(name, help, read) {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    },
  };
}
