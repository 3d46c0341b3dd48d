import { filters as builtInFilters, type Context, type Liquid, toValue, toValueSync } from 'liquidjs';
import { originsOf, Tracked, textOf } from './tracked.ts';

/** `as` turns a neutral value into the vendor's text and reports what the vendor cannot say. */
export interface VendorWords {
  translate(
    kind: string,
    value: unknown,
    about: { readonly secret: boolean },
  ): { readonly text: string | null } | null;
  readonly clearText: string;
}

/** Where the words of the vendor lie while a template is rendered. */
export const VENDOR_WORDS = 'vendor-words';

/** Text and arithmetic: nothing that reads a clock, a locale, chance or a file. */
const BUILT_IN = [
  ...['append', 'at_least', 'at_most', 'default', 'divided_by', 'downcase', 'first', 'join', 'last', 'minus'],
  ...['modulo', 'plus', 'prepend', 'remove', 'replace', 'size', 'slice', 'split', 'strip', 'times', 'upcase'],
  'url_encode',
];

/** Replaces every filter of an engine by ours: those of the list above, `as` and `clear`. */
export function registerFilters(liquid: Liquid): void {
  for (const name of Object.keys(liquid.filters)) delete liquid.filters[name];
  for (const name of BUILT_IN) liquid.registerFilter(name, trackingFilter(name));
  liquid.registerFilter('as', translateFilter);
  liquid.registerFilter('clear', clearFilter);
}

/** A built-in filter that works on plain values and hands the origins of all its arguments on. */
function trackingFilter(name: string): (this: unknown, ...args: unknown[]) => unknown {
  const builtIn = builtInFilters[name];
  const handler = typeof builtIn === 'function' ? builtIn : builtIn?.handler;
  if (!handler) throw new Error(`liquidjs has no filter ${name}`);
  return function (this: unknown, ...args: unknown[]): unknown {
    const plain = args.map((arg) => plainOf(arg));
    const value = toValueSync(handler.apply(this as ThisParameterType<typeof handler>, plain as [unknown]));
    const marks = originsOf(chosenBy(name, args, plain));
    return new Tracked(Array.isArray(value) ? value.map((item) => new Tracked(item, marks)) : value, marks);
  };
}

/** `default` hands on either its input or its fallback, never something made of both. */
function chosenBy(name: string, args: readonly unknown[], plain: readonly unknown[]): readonly unknown[] {
  if (name !== 'default') return args;
  const input = plain[0];
  const missing = input === null || input === undefined || input === false || input === '';
  return missing ? args : args.slice(0, 1);
}

function plainOf(value: unknown): unknown {
  const plain = toValue(value);
  return Array.isArray(plain) ? plain.map(plainOf) : plain;
}

function translateFilter(this: { context: Context }, value: unknown, kind: unknown): Tracked {
  const options = this.context.getRegister<VendorWords>(VENDOR_WORDS);
  const marks = originsOf([value]);
  const translated = options.translate(textOf(kind), toValue(value), marks);
  if (translated === null) {
    const name = originsOf([kind]).secret ? 'what a secret says' : `"${textOf(kind)}"`;
    throw new Error(`"as" does not know ${name}`);
  }
  return new Tracked(translated.text, { ...marks, omit: translated.text === null });
}

function clearFilter(this: { context: Context }, value: unknown): Tracked {
  const text = textOf(value);
  const options = this.context.getRegister<VendorWords>(VENDOR_WORDS);
  return new Tracked(text === '' ? options.clearText : text, { ...originsOf([value]), cleared: text === '' });
}
