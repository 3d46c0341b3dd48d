import type { Emitter } from 'liquidjs';
import type { Span } from './origin.ts';
import { originsOf, Tracked, textOf } from './tracked.ts';

/** One line of output and the line of the template that wrote its first character, one-based. */
export interface RenderedLine {
  readonly spans: readonly Span[];
  readonly line: number;
  /** The author wrote `clear`: an empty value is meant. */
  readonly cleared: boolean;
}

export const MOST_OUTPUT_CHARS = 256 * 1024;

export class OutputLimit extends Error {}

/** Between two lines of a captured block. */
export const NEW_LINE: Span = { text: '\n', origins: [], secret: false };

/** Collects what a template writes, line by line, with the origins of every part. */
export class TrackingEmitter implements Emitter {
  /** Liquid's own writers ask for it; ours keep lines instead. */
  readonly buffer = '';
  #lines: RenderedLine[] = [];
  #spans: Span[] = [];
  #firstLine = 0;
  #omit = false;
  #cleared = false;
  #chars = 0;

  /** Text that a tag returns itself; none of the allowed tags does. */
  write(text: unknown): void {
    this.writeLiteral(textOf(text), this.#firstLine);
  }

  writeLiteral(text: string, line: number): void {
    let at = line;
    text.split('\n').forEach((part, index) => {
      if (index > 0) {
        this.#endLine();
        at += 1;
      }
      this.#push({ text: part, origins: [], secret: false }, at);
    });
  }

  writeValue(value: unknown, line: number): void {
    if (value instanceof Tracked) {
      this.#omit ||= value.omit;
      this.#cleared ||= value.cleared;
    }
    if (value instanceof Tracked && value.spans) this.#writeSpans(value.spans, line);
    else this.#push({ text: textOf(value), ...originsOf([value]) }, line, true);
  }

  finish(): readonly RenderedLine[] {
    this.#endLine();
    return this.#lines;
  }

  #writeSpans(spans: readonly Span[], line: number): void {
    for (const span of spans) {
      if (span === NEW_LINE) this.#endLine();
      else this.#push(span, line, true);
    }
  }

  #push(span: Span, line: number, keepEmpty = false): void {
    if (this.#spans.length === 0) this.#firstLine = line;
    if (span.text === '' && !keepEmpty) return;
    this.#chars += span.text.length;
    if (this.#chars > MOST_OUTPUT_CHARS) throw new OutputLimit();
    this.#spans.push(span);
  }

  #endLine(): void {
    if (!this.#omit)
      this.#lines.push({ spans: this.#spans, line: Math.max(this.#firstLine, 1), cleared: this.#cleared });
    this.#spans = [];
    this.#omit = false;
    this.#cleared = false;
  }
}
