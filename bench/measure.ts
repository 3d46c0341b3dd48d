/** Servers measured side by side: in each round all of them, in turn forwards and backwards; of all rounds the median. */
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import type { Contestant } from './contestant.ts';
import type { Run } from './load/run.ts';

/** One server in one round. */
export interface Sample {
  readonly units: number;
  readonly ratePerSec: number;
  /** Processor time of the server for each unit. */
  readonly cpuUs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly repeats: number;
  /** What kept the rate from rising: the server had its processor full, the generator had, or others took part of it. */
  readonly limit: 'server' | 'generator' | 'neither';
}

export interface Entrant {
  readonly name: string;
  /** A sample for each pass. Round 0 is to warm up. */
  measure(round: number): Promise<Sample[]>;
}

/** Samples by entrant, round and pass; fewer rounds than asked for when the time is up. */
export async function measureRounds(
  entrants: readonly Entrant[],
  { rounds, budgetMs }: { readonly rounds: number; readonly budgetMs: number },
): Promise<Sample[][][]> {
  const samples: Sample[][][] = entrants.map(() => []);
  for (const entrant of entrants) await entrant.measure(0);
  const startedAt = performance.now();
  for (let round = 1; round <= rounds; round += 1) {
    const order = [...entrants.entries()];
    if (round % 2 === 0) order.reverse();
    for (const [position, entrant] of order) samples[position]?.push(await entrant.measure(round));
    const spentMs = performance.now() - startedAt;
    if (spentMs + spentMs / round > budgetMs) break;
  }
  return samples;
}

const FULL = 0.9;

/** Runs a load against a server and asks it what that cost. */
export async function measureServer(server: Contestant, load: () => Promise<Run>): Promise<Sample> {
  const before = await server.ask<NodeJS.CpuUsage>({ kind: 'cpu' });
  const own = process.cpuUsage();
  const startedAt = performance.now();
  const run = await load();
  const ms = performance.now() - startedAt;
  const generatorUs = totalUs(process.cpuUsage(own));
  const cpuUs = totalUs(await server.ask<NodeJS.CpuUsage>({ kind: 'cpu' })) - totalUs(before);
  const limit =
    cpuUs > FULL * ms * 1000 ? 'server' : generatorUs > FULL * ms * 1000 ? 'generator' : 'neither';
  return { ...summarise(run.latenciesMs, { ms, cpuUs }), repeats: run.repeats, limit };
}

/** Rate, cost and percentiles of units that took this long together. */
export function summarise(
  latenciesMs: readonly number[],
  { ms, cpuUs }: { readonly ms: number; readonly cpuUs: number },
): Omit<Sample, 'repeats' | 'limit'> {
  const units = latenciesMs.length;
  const sorted = [...latenciesMs].sort((a, b) => a - b);
  return {
    units,
    ratePerSec: (units * 1000) / ms,
    cpuUs: cpuUs / units,
    p50Ms: sorted[Math.floor(units * 0.5)] ?? 0,
    p99Ms: sorted[Math.floor(units * 0.99)] ?? 0,
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
}

function totalUs({ user, system }: NodeJS.CpuUsage): number {
  return user + system;
}
