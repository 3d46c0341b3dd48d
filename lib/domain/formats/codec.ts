import type { CompiledLine, Layer, Span } from '../origin.ts';

/** One setting of a configuration file. */
export interface Entry {
  /** The codec's name of the setting; two entries of one key are the same setting. */
  readonly key: string;
  readonly lines: readonly CompiledLine[];
  /** The spans of the value alone. */
  readonly value: readonly Span[];
}

/** Something in rendered text that the format does not allow. */
export interface FormatProblem {
  /** Zero-based index into the lines that were parsed. */
  readonly index: number;
  readonly reason: string;
  readonly fix: string;
}

/**
 * One configuration syntax. Parsing works on lines that know their origins, so that an entry keeps them through every
 * merge; text that comes from a file alone is parsed by giving it lines of literal spans.
 */
export interface Codec {
  readonly name: string;
  readonly contentType: string;
  readonly lineEnd: '\n' | '\r\n';
  parse(lines: readonly CompiledLine[]): {
    readonly entries: readonly Entry[];
    readonly problems: readonly FormatProblem[];
  };
  /** The whole file, headers included. */
  serialise(entries: readonly Entry[]): readonly CompiledLine[];
  /** An entry from a parameter, `features.pound_key.mode` and its value. */
  parameter(key: string, value: Span, layer: Layer): Entry;
  /** Why a value cannot be written in this format; null when it can. */
  refuseValue(text: string): ValueRefusal | null;
  /** Why a parameter's name cannot be written; null when it can. */
  refuseKey(key: string): string | null;
}

export interface ValueRefusal {
  readonly code: 'line-break-in-value' | 'control-character' | 'edge-whitespace';
  readonly reason: string;
}

/** What some phone or parser takes for the end of a line, the separators of Unicode included. */
const LINE_BREAK = /[\r\n\v\f\u0085\u2028\u2029]/;

/** What no text format carries: a second line would be a parameter of its own. */
export function refuseControls(text: string): ValueRefusal | null {
  if (LINE_BREAK.test(text)) return { code: 'line-break-in-value', reason: 'it holds a line break' };
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f)
      return { code: 'control-character', reason: 'it holds a control character' };
  }
  return null;
}
