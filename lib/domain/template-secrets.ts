import { literal } from './origin.ts';
import type { Vendor } from './vendor.ts';

/** A secret that is written into a template instead of being named by it. */
export interface LiteralSecret {
  /** One-based line of the body. */
  readonly line: number;
  readonly key: string;
}

/**
 * Lines of a body that give a secret parameter a value of their own. Bodies are stored in clear and shown to everybody
 * who may read templates, so that such a body must not be stored at all.
 */
export function findLiteralSecrets(vendor: Vendor, body: string): LiteralSecret[] {
  return body.split('\n').flatMap((text, index) => {
    const source = { kind: 'generated', why: 'template body' } as const;
    const { entries } = vendor.codec.parse([{ spans: [literal(text)], source }]);
    const secrets = entries.filter((entry) => vendor.isSecretKey(entry.key) && isLiteral(entry.value));
    return secrets.map((entry) => ({ line: index + 1, key: entry.key }));
  });
}

/** Anything that Liquid fills in is not the author's own word; what stands beside it may be, and the gate sees that. */
function isLiteral(value: readonly { readonly text: string }[]): boolean {
  const text = value.map((span) => span.text).join('');
  return text.trim() !== '' && !/\{\{|\{%/.test(text);
}
