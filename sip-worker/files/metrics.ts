import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { FileFact } from './fact.ts';

export interface FileMetrics {
  observe(fact: FileFact): void;
  /** A number that is read when somebody looks: open connections, running transfers, bytes in memory. */
  watch(name: string, help: string, read: () => number): void;
}

interface Counted {
  readonly labels: {
    readonly transport: string;
    readonly status: number;
    readonly door: string;
    readonly reason: string;
  };
  answers: number;
  bytes: number;
  broken: number;
}

/**
 * Counts answers to phones. Labels come from closed lists, never from the network. Numbers are added up here and put
 * into the registry when somebody looks: at thousands of answers a second its own book-keeping is not free.
 */
export function createFileMetrics(registry: Registry): FileMetrics {
  const registers = [registry];
  const counted = new Map<string, Counted>();
  countWhenAsked('provost_file_answers_total', 'Answers to requests for files', (each) => each.answers);
  countWhenAsked('provost_file_bytes_total', 'Bytes of file bodies sent', (each) => each.bytes);
  countWhenAsked(
    'provost_file_broken_off_total',
    'Downloads that ended before the last byte',
    (each) => each.broken,
  );
  const seconds = new Histogram({
    name: 'provost_file_seconds',
    help: 'From request to last byte',
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
    registers,
  });

  function countWhenAsked(name: string, help: string, read: (each: Counted) => number): void {
    new Counter({
      name,
      help,
      labelNames: ['transport', 'status', 'door', 'reason'] as const,
      registers,
      collect() {
        this.reset();
        for (const each of counted.values()) this.inc({ ...each.labels }, read(each));
      },
    });
  }

  return {
    observe(fact) {
      const each = findCounted(counted, fact);
      each.answers += 1;
      each.bytes += fact.bytes;
      if (!fact.completed) each.broken += 1;
      seconds.observe(fact.durationMs / 1_000);
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

function findCounted(counted: Map<string, Counted>, fact: FileFact): Counted {
  const { transport, status } = fact;
  const door = fact.door ?? 'none';
  const reason = fact.reasonCode ?? 'none';
  const key = `${transport} ${status} ${door} ${reason}`;
  const known = counted.get(key);
  if (known) return known;
  const fresh = { labels: { transport, status, door, reason }, answers: 0, bytes: 0, broken: 0 };
  counted.set(key, fresh);
  return fresh;
}
