import { describeLayer } from '#lib/domain/origin.ts';
import type { ProvenanceLine } from '#lib/domain/provenance.ts';

export interface LineOrigin {
  /** Beside the line: `line 1, user name`. */
  readonly short: string;
  /** Who wrote the line: `template {mac}.cfg, version 3, line 41`. */
  readonly source: string;
  /** What is in it: `lines[1].account.userName`, from `this phone`. */
  readonly values: readonly { readonly path: string; readonly from: string }[];
}

/** Where a line of a file comes from, in words. */
export function describeOrigins(line: ProvenanceLine): LineOrigin {
  const values = line.origins.map(({ path, from }) => ({ path, from }));
  return { short: shortOf(line), source: sourceOf(line), values };
}

function shortOf(line: ProvenanceLine): string {
  const [first, ...others] = line.origins;
  if (!first) return line.source.kind === 'parameter' ? describeLayer(line.source.layer) : '';
  const more = others.length > 0 ? ` +${others.length}` : '';
  return `${readablePath(first.path)}${more}`;
}

function sourceOf({ source }: ProvenanceLine): string {
  if (source.kind === 'template')
    return `template ${source.name}, version ${source.version}, line ${source.line}`;
  if (source.kind === 'parameter') return `parameter ${source.key}, set for ${describeLayer(source.layer)}`;
  return source.why;
}

/** `lines[1].account.userName` is `line 1, userName`; other paths stay as templates name them. */
function readablePath(path: string): string {
  const slot = /^(line|key|module)s\[([\d.]+)\]\.(?:account\.)?(.+)$/.exec(path);
  return slot ? `${slot[1]} ${slot[2]}, ${slot[3]}` : path;
}
