import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';

/** One file of the spool: a JSON document a line. What was written outlives the process, kill -9 included. */
export class Segment {
  readonly number: number;
  readonly file: string;
  readonly #descriptor: number;
  #size: number;
  /** The last line may be torn: by a crash, or by a disk that was full. */
  #endsTorn: boolean;

  constructor(file: string, number: number) {
    this.number = number;
    this.file = file;
    this.#descriptor = openSync(file, 'a+', 0o600);
    this.#size = fstatSync(this.#descriptor).size;
    this.#endsTorn = this.#size > 0 && this.#readAt(this.#size - 1, 1).toString() !== '\n';
  }

  get size(): number {
    return this.#size;
  }

  /** False when the disk took less than the whole line; the line counts as not written. */
  append(line: string): boolean {
    const bytes = Buffer.from(`${this.#endsTorn ? '\n' : ''}${line}\n`);
    const written = this.#write(bytes);
    this.#size += written;
    if (written > 0) this.#endsTorn = written < bytes.length;
    return written === bytes.length;
  }

  /** Whole lines from `offset` on, as many as fit `limitBytes`, and the offset behind them. */
  readLines(offset: number, limitBytes: number): { readonly lines: string[]; readonly end: number } {
    let text = this.#readAt(offset, limitBytes);
    // A line longer than the limit: take all there is.
    if (text.indexOf(10) === -1 && offset + text.length < this.#size)
      text = this.#readAt(offset, this.#size - offset);
    const end = text.lastIndexOf(10) + 1;
    return { lines: text.subarray(0, end).toString('utf8').split('\n').filter(Boolean), end: offset + end };
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #write(bytes: Buffer): number {
    try {
      return writeSync(this.#descriptor, bytes);
    } catch (error) {
      if (isDiskTrouble(error)) return 0;
      throw error;
    }
  }

  #readAt(offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, this.#size - offset)));
    const read = readSync(this.#descriptor, bytes, 0, bytes.length, offset);
    return bytes.subarray(0, read);
  }
}

const DISK_TROUBLE = ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EFBIG'];

export function isDiskTrouble(error: unknown): boolean {
  return error instanceof Error && 'code' in error && DISK_TROUBLE.includes(String(error.code));
}
