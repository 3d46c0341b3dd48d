import { Context, Drop, toValue } from 'liquidjs';
import type { Origin, Span } from './origin.ts';

export type Scalar = string | number | boolean | null;

/**
 * A value inside a template that remembers what it was made of. Liquid sees the plain value wherever it compares,
 * counts or branches; what is written keeps the origins.
 */
export class Tracked extends Drop {
  readonly value: unknown;
  readonly origins: readonly Origin[];
  readonly secret: boolean;
  /** A captured block: its parts, literals among them, instead of one text. */
  readonly spans: readonly Span[] | null;
  /** The vendor has no words for this value: the line that holds it is left out. */
  readonly omit: boolean;
  /** The author says that empty is meant. */
  readonly cleared: boolean;

  constructor(
    value: unknown,
    marks: Partial<Pick<Tracked, 'origins' | 'secret' | 'spans' | 'omit' | 'cleared'>> = {},
  ) {
    super();
    this.value = value;
    this.origins = marks.origins ?? [];
    this.secret = marks.secret ?? false;
    this.spans = marks.spans ?? null;
    this.omit = marks.omit ?? false;
    this.cleared = marks.cleared ?? false;
  }

  override valueOf(): unknown {
    return this.value;
  }
}

/**
 * Liquid lets a template read any member of a drop, `password.value` and `password.valueOf` included, and would hand
 * out the plain value. A tracked value has no members but its size.
 */
export class TrackedContext extends Context {
  override readProperty(object: object, key: string | number | Drop): unknown {
    if (!(object instanceof Tracked)) return super.readProperty(object, key);
    if (toValue(key) !== 'size' || typeof object.value !== 'string') return undefined;
    return new Tracked(object.value.length, { origins: object.origins, secret: object.secret });
  }
}

/** A value with one origin. */
export function track(value: Scalar | undefined, origin: Origin, secret = false): Tracked {
  return new Tracked(value ?? null, { origins: [origin], secret });
}

/** Liquid's own rule for what a value looks like in the output: nothing for nil, lists run together. */
export function textOf(value: unknown): string {
  const plain = toValue(value);
  if (plain === null || plain === undefined) return '';
  if (Array.isArray(plain)) return plain.map(textOf).join('');
  return String(plain);
}

/** Origins of everything that went into a value: of the value itself and, for a list, of its parts. */
export function originsOf(values: readonly unknown[]): {
  readonly origins: readonly Origin[];
  readonly secret: boolean;
} {
  const origins: Origin[] = [];
  let secret = false;
  const visit = (value: unknown): void => {
    if (value instanceof Tracked) {
      for (const origin of value.origins) if (!origins.includes(origin)) origins.push(origin);
      secret ||= value.secret;
    }
    const plain = toValue(value);
    if (Array.isArray(plain)) plain.forEach(visit);
  };
  values.forEach(visit);
  return { origins, secret };
}
