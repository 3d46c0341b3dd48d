/** Where values come from. Every byte of a file is either a literal of a template or carries the origins it was made of. */

/** The layers of values, weakest first (ARCHITECTURE.md, "Layers"). */
export type Layer =
  | { readonly kind: 'shipped' }
  | { readonly kind: 'global' }
  | { readonly kind: 'model'; readonly model: string }
  | { readonly kind: 'site'; readonly siteId: string; readonly site: string }
  | { readonly kind: 'device' };

/** One value that went into the output: its path as a template names it, `lines[1].account.userName`, and its layer. */
export interface Origin {
  readonly path: string;
  readonly layer: Layer;
}

/** A run of text inside one line. No origins: written in the template itself. */
export interface Span {
  readonly text: string;
  readonly origins: readonly Origin[];
  readonly secret: boolean;
}

/** Where a line was written. */
export type LineSource =
  | {
      readonly kind: 'template';
      readonly templateId: string;
      readonly name: string;
      readonly version: number;
      readonly line: number;
    }
  | { readonly kind: 'parameter'; readonly key: string; readonly layer: Layer }
  | { readonly kind: 'generated'; readonly why: string };

export interface CompiledLine {
  readonly spans: readonly Span[];
  readonly source: LineSource;
  /** The author wrote `clear`: an empty value is meant. */
  readonly cleared?: boolean;
}

export function lineText(line: { readonly spans: readonly Span[] }): string {
  return line.spans.map((span) => span.text).join('');
}

export const MASK = '••••••';

/** The same as people may see it: a secret is replaced by dots, whatever its length. */
export function shownText(spans: readonly Span[]): string {
  return spans.map((span) => (span.secret && span.text !== '' ? MASK : span.text)).join('');
}

/** A span of the template's own words. */
export function literal(text: string): Span {
  return { text, origins: [], secret: false };
}

/** `site HQ`, `this phone`: what people read behind "comes from". */
export function describeLayer(layer: Layer): string {
  if (layer.kind === 'shipped') return 'shipped default';
  if (layer.kind === 'global') return 'all sites';
  if (layer.kind === 'model') return `model ${layer.model}`;
  if (layer.kind === 'site') return `site ${layer.site}`;
  return 'this phone';
}
