import { readFileSync } from 'node:fs';
import { type Mac, parseMac } from '#lib/domain/mac.ts';

const REFRESH_MS = 2_000;
/** Set when the kernel has an answer for the entry (linux/if_arp.h, ATF_COM). */
const COMPLETE = 0x2;

/**
 * Which MAC stands behind an IPv4 address on this machine's wires, by the kernel's neighbour table, read at most every
 * two seconds. Where there is no such table, nobody is found.
 */
export function createNeighbourTable(
  options: { readonly readTable?: () => string; readonly now?: () => number } = {},
): (address: string) => Mac | null {
  const readTable = options.readTable ?? (() => readFileSync('/proc/net/arp', 'latin1'));
  const now = options.now ?? Date.now;
  let readAt = Number.NEGATIVE_INFINITY;
  let table: ReadonlyMap<string, Mac> = new Map();
  return (address) => {
    if (now() - readAt >= REFRESH_MS) {
      readAt = now();
      table = readNeighbours(readTable);
    }
    return table.get(address) ?? null;
  };
}

function readNeighbours(readTable: () => string): ReadonlyMap<string, Mac> {
  try {
    return parseNeighbours(readTable());
  } catch {
    // Not Linux, or /proc is closed to us: phones are then recognised without it.
    return new Map();
  }
}

/** The text of /proc/net/arp: a heading, then address, type, flags, MAC, mask and device in columns (arp(7)). */
export function parseNeighbours(text: string): ReadonlyMap<string, Mac> {
  const table = new Map<string, Mac>();
  for (const line of text.split('\n').slice(1)) {
    const [address, , flags, hardware] = line.trim().split(/\s+/);
    const mac = parseMac(hardware ?? '');
    if (address && mac.ok && (Number(flags) & COMPLETE) !== 0) table.set(address, mac.value);
  }
  return table;
}
