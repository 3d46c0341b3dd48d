/**
 * Where events wait until Postgres has them: append-only files of a bounded total size. A batch is read, sent, and only
 * then let go, so that a crash sends it again; the store keeps one of each id. When there is no room, the oldest go.
 */
import { mkdirSync, readdirSync, unlinkSync } from 'node:fs';
import path from 'node:path';
import type { PhoneEvent } from '#lib/domain/event.ts';
import { isDiskTrouble, Segment } from './segment.ts';

export interface SpoolOptions {
  readonly folder: string;
  readonly maxBytes?: number;
  readonly segmentBytes?: number;
  /** Called after an event was added, not more often than once a turn. */
  readonly onAdded?: () => void;
}

export interface Batch {
  readonly events: readonly PhoneEvent[];
  /** The events are in Postgres, or nobody will ever take them. */
  readonly release: () => void;
}

const MAX_BYTES = 64 * 1024 * 1024;
const SEGMENT_BYTES = 1024 * 1024;
/** A file that is sent up to its end is let go from this size on; until then a restart sends it again. */
const LET_GO_BYTES = 256 * 1024;
const READ_BYTES = 512 * 1024;

export class Spool {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #segmentBytes: number;
  readonly #onAdded: () => void;
  /** Oldest first; the last one is written to. Null while the disk has no room for a new one. */
  #segments: Segment[] = [];
  /** How far the oldest one was sent. */
  #sent = 0;
  #dropped = 0;

  constructor(options: SpoolOptions) {
    this.#folder = options.folder;
    this.#maxBytes = options.maxBytes ?? MAX_BYTES;
    this.#segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
    this.#onAdded = options.onAdded ?? (() => undefined);
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    this.#segments = numbersIn(this.#folder).map((number) => this.#openSegment(number));
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.size, 0) - this.#sent;
  }

  /** Events that found no room since the start, the oldest of them first. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Never throws for a full disk: phones are served all the same. */
  add(event: PhoneEvent): void {
    const line = JSON.stringify(event);
    while (this.#segments.length > 1 && this.bytes + line.length > this.#maxBytes) this.#dropOldest();
    if (!this.#append(line)) {
      if (this.#segments.length > 1) this.#dropOldest();
      if (!this.#append(line)) this.#dropped += 1;
    }
    this.#onAdded();
  }

  /** The oldest events that are not released; null when there are none. Lines that a crash tore are passed over. */
  read(limit: number): Batch | null {
    for (;;) {
      const segment = this.#segments[0];
      if (!segment) return null;
      const { lines, end } = segment.readLines(this.#sent, READ_BYTES);
      if (lines.length > 0)
        return this.#batchOf(segment, lines.slice(0, limit), { end, isCut: lines.length > limit });
      if (this.#segments.length === 1) return null;
      this.#removeOldest();
    }
  }

  close(): void {
    const isAllSent = this.#segments.length === 1 && this.#sent === this.#segments[0]?.size;
    if (isAllSent) this.#removeOldest();
    for (const segment of this.#segments) segment.close();
    this.#segments = [];
  }

  #batchOf(
    segment: Segment,
    lines: readonly string[],
    read: { readonly end: number; readonly isCut: boolean },
  ): Batch {
    const length = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
    const end = read.isCut ? this.#sent + length : read.end;
    return { events: lines.flatMap(parseEvent), release: () => this.#release(segment, end) };
  }

  #release(segment: Segment, end: number): void {
    // It may have been dropped for want of room while it was on its way.
    if (this.#segments[0] !== segment) return;
    this.#sent = end;
    if (end < segment.size) return;
    if (this.#segments.length > 1 || segment.size >= LET_GO_BYTES) this.#removeOldest();
  }

  #append(line: string): boolean {
    const last = this.#segments.at(-1);
    if (last && last.size < this.#segmentBytes) return last.append(line);
    try {
      const next = this.#openSegment((last?.number ?? 0) + 1);
      this.#segments.push(next);
      return next.append(line);
    } catch (error) {
      if (isDiskTrouble(error)) return false;
      throw error;
    }
  }

  #dropOldest(): void {
    const oldest = this.#segments[0];
    if (!oldest) return;
    this.#dropped += oldest.readLines(this.#sent, oldest.size).lines.length;
    this.#removeOldest();
  }

  #removeOldest(): void {
    const oldest = this.#segments.shift();
    this.#sent = 0;
    oldest?.close();
    if (oldest) unlinkSync(oldest.file);
  }

  #openSegment(number: number): Segment {
    return new Segment(path.join(this.#folder, `${String(number).padStart(10, '0')}.jsonl`), number);
  }
}

function numbersIn(folder: string): number[] {
  return readdirSync(folder)
    .map((name) => /^(\d{10})\.jsonl$/.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
}

function parseEvent(line: string): PhoneEvent[] {
  try {
    return [JSON.parse(line) as PhoneEvent];
  } catch {
    // The only lines that are no JSON are torn ones; their event is lost.
    return [];
  }
}
