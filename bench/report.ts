import type { Contest } from './contests.ts';
import type { Machine } from './machine.ts';
import { median, type Sample } from './measure.ts';

export interface Row {
  readonly name: string;
  readonly ratePerSec: number;
  readonly cpuUs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly repeats: number;
  readonly limit: string;
  /** Ours held against this one, the median of the rounds' own ratios; null for ours. Above 1: ours is better. */
  readonly byRate: number | null;
  readonly byCpu: number | null;
  readonly samples: readonly Sample[];
}

export interface Result {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** @param samples by entrant, round and pass */
export function resultsOf(contest: Contest, samples: readonly (readonly Sample[][])[]): Result[] {
  return contest.titles.map((title, pass) => {
    const byEntrant = samples.map((rounds) => rounds.flatMap((passes) => passes[pass] ?? []));
    const ours = byEntrant[0] ?? [];
    const rows = contest.entrants.map(({ name }, index) => rowOf(name, byEntrant[index] ?? [], ours));
    return { title, rows };
  });
}

function rowOf(name: string, samples: readonly Sample[], ours: readonly Sample[]): Row {
  const of = (read: (sample: Sample) => number): number => median(samples.map(read));
  const ratio = (read: (mine: Sample, other: Sample) => number): number | null =>
    samples === ours
      ? null
      : median(samples.flatMap((other, round) => (ours[round] ? [read(ours[round], other)] : [])));
  return {
    name,
    ratePerSec: of((sample) => sample.ratePerSec),
    cpuUs: of((sample) => sample.cpuUs),
    p50Ms: of((sample) => sample.p50Ms),
    p99Ms: of((sample) => sample.p99Ms),
    repeats: samples.reduce((sum, sample) => sum + sample.repeats, 0),
    limit: [...new Set(samples.map((sample) => sample.limit))].join(', '),
    byRate: ratio((mine, other) => mine.ratePerSec / other.ratePerSec),
    byCpu: ratio((mine, other) => other.cpuUs / mine.cpuUs),
    samples,
  };
}

const WIDTHS = [34, 10, 10, 9, 9, 10, 9];
const HEADINGS = ['', 'rate/s', 'CPU us', 'p50 ms', 'p99 ms', 'by rate', 'by CPU'];

export function formatMachine(machine: Machine): string {
  const { cpu, cpus, kernel, node, pinned } = machine;
  const place = pinned ? 'servers on cpu 0, generator on cpu 1' : 'not pinned to processors';
  return `${cpu}, ${cpus} cpus, ${kernel}, Node ${node}; loopback; ${place}`;
}

export function formatHeadings(): string {
  return align(HEADINGS);
}

export function formatResult({ title, rows }: Result): string {
  return [title, ...rows.map(formatRow)].join('\n');
}

export const LEGEND = `CPU us: processor time of the server for each answer. "by rate" and "by CPU" are Provost's rate, and answers for the same
processor time, as a multiple of the reference's, from rounds in pairs; 1.00 is as good, less is slower.
Where the server did not have its processor full, "by CPU" is the figure to use.`;

function formatRow(row: Row): string {
  const cells = [
    `  ${row.name}`,
    Math.round(row.ratePerSec).toLocaleString('en'),
    row.cpuUs.toFixed(row.cpuUs < 1000 ? 1 : 0),
    row.p50Ms.toFixed(2),
    row.p99Ms.toFixed(2),
    row.byRate === null ? '' : times(row.byRate),
    row.byCpu === null ? '' : times(row.byCpu),
  ];
  return `${align(cells)}${describeLimit(row)}`;
}

function times(ratio: number): string {
  return `${ratio < 0.1 ? ratio.toFixed(3) : ratio.toFixed(2)}x`;
}

function describeLimit({ limit, repeats }: Row): string {
  const notes = repeats > 0 ? [`sent again: ${repeats}`] : [];
  if (limit.includes('generator')) notes.unshift('the generator was the limit');
  else if (limit.includes('neither')) notes.unshift('the processors were shared');
  return notes.length === 0 ? '' : `  ${notes.join('; ')}`;
}

function align(cells: readonly string[]): string {
  const [first = '', ...rest] = cells;
  return (
    first.padEnd(WIDTHS[0] ?? 0) + rest.map((cell, index) => cell.padStart(WIDTHS[index + 1] ?? 0)).join('')
  );
}
