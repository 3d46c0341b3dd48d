/**
 * Where each line of a published file comes from, small enough to be kept beside every file. It holds lengths, never
 * text: masked text, and the answer to "why did it get this?", are made of a file and its provenance together.
 */
import { z } from 'zod';
import { type CompiledLine, describeLayer, type LineSource, MASK, type Origin } from './origin.ts';

const layerSchema = z.union([
  z.object({ kind: z.enum(['shipped', 'global', 'device']) }),
  z.object({ kind: z.literal('model'), model: z.string() }),
  z.object({ kind: z.literal('site'), siteId: z.string(), site: z.string() }),
]);
const sourceSchema = z.union([
  z.object({
    kind: z.literal('template'),
    templateId: z.string(),
    name: z.string(),
    version: z.number(),
    line: z.number(),
  }),
  z.object({ kind: z.literal('parameter'), key: z.string(), layer: layerSchema }),
  z.object({ kind: z.literal('generated'), why: z.string() }),
]);
/** A literal's length, or length, secret (0 or 1) and indexes into `origins`. */
const spanSchema = z.union([z.number(), z.array(z.number())]);
/** Index into `sources`, line of that source, then the spans. */
const lineSchema = z.tuple([z.number(), z.number()], spanSchema);
const provenanceSchema = z.object({
  origins: z.array(z.object({ path: z.string(), layer: layerSchema })),
  sources: z.array(sourceSchema),
  lineEnd: z.enum(['\n', '\r\n']),
  lines: z.array(lineSchema),
});
type Encoded = z.infer<typeof provenanceSchema>;

export interface ProvenanceLine {
  /** One-based. */
  readonly line: number;
  /** Secrets masked. */
  readonly text: string;
  readonly source: LineSource;
  readonly origins: readonly (Origin & { readonly from: string })[];
  readonly secret: boolean;
}

/** JSON that `describeLines` and `maskText` read. */
export function encodeProvenance(file: {
  readonly lines: readonly CompiledLine[];
  readonly lineEnd: string;
}): string {
  const origins = new Interned<Origin>();
  const sources = new Interned<LineSource>();
  const lines = file.lines.map(({ source, spans }) => [
    sources.indexOf(source.kind === 'template' ? { ...source, line: 0 } : source),
    source.kind === 'template' ? source.line : 0,
    ...spans.map((span) =>
      span.origins.length === 0 && !span.secret
        ? span.text.length
        : [span.text.length, span.secret ? 1 : 0, ...span.origins.map((origin) => origins.indexOf(origin))],
    ),
  ]);
  return JSON.stringify({ origins: origins.all, sources: sources.all, lineEnd: file.lineEnd, lines });
}

/** The file with every secret replaced by dots, whatever its length. */
export function maskText(text: string, encoded: string): string {
  const provenance = provenanceSchema.parse(JSON.parse(encoded));
  return describe(text, provenance)
    .map((line) => line.text + provenance.lineEnd)
    .join('');
}

/** Every line of a file: its text with secrets masked, who wrote it, and which values are in it. */
export function describeLines(text: string, encoded: string): ProvenanceLine[] {
  return describe(text, provenanceSchema.parse(JSON.parse(encoded)));
}

function describe(text: string, provenance: Encoded): ProvenanceLine[] {
  let at = 0;
  return provenance.lines.map(([source, sourceLine, ...spans], index) => {
    const parts = spans.map((span) => {
      const [length = 0, secret = 0, ...origins] = typeof span === 'number' ? [span] : span;
      const part = text.slice(at, at + length);
      at += length;
      return { text: secret === 1 && part !== '' ? MASK : part, secret: secret === 1, origins };
    });
    at += provenance.lineEnd.length;
    return {
      line: index + 1,
      text: parts.map((part) => part.text).join(''),
      source: sourceAt(provenance, source, sourceLine),
      origins: originsAt(provenance, new Set(parts.flatMap((part) => part.origins))),
      secret: parts.some((part) => part.secret),
    };
  });
}

function sourceAt({ sources }: Encoded, index: number, line: number): LineSource {
  const source = sources[index] ?? { kind: 'generated', why: 'not recorded' };
  return source.kind === 'template' ? { ...source, line } : source;
}

function originsAt({ origins }: Encoded, indexes: ReadonlySet<number>): ProvenanceLine['origins'] {
  return [...indexes].flatMap((index) => {
    const origin = origins[index];
    return origin ? [{ ...origin, from: describeLayer(origin.layer) }] : [];
  });
}

/** Equal values once, by their JSON. */
class Interned<T> {
  readonly all: T[] = [];
  readonly #indexes = new Map<string, number>();

  indexOf(value: T): number {
    const key = JSON.stringify(value);
    const known = this.#indexes.get(key);
    if (known !== undefined) return known;
    this.#indexes.set(key, this.all.length);
    return this.all.push(value) - 1;
  }
}
