import type { Codec } from './formats/codec.ts';
import type { Mac } from './mac.ts';
import type { Model } from './model.ts';

/** A neutral value in the vendor's words. `warning` says what the vendor cannot express; null text leaves the line out. */
export interface Translation {
  readonly text: string | null;
  readonly warning?: string;
}

/** Kinds of neutral values that a template may ask for: `{{ key.type | as: "keyType" }}`. */
export type TranslationKind =
  | 'keyType'
  | 'transport'
  | 'timeZone'
  | 'timeFormat'
  | 'dateFormat'
  | 'language'
  | 'onOff';

/** A template as shipped with the vendor library. */
export interface ShippedTemplate {
  readonly name: string;
  readonly kind: 'cfg' | 'boot';
  readonly body: string;
}

/** What a phone of this vendor asks for, and what it does with the answer. */
export interface Walk {
  /** Names fetched and applied, in order. */
  readonly applied: readonly string[];
  /** Includes that nobody serves. */
  readonly missing: readonly { readonly file: string; readonly line: number; readonly target: string }[];
  /** Lines of a boot file that phones do not understand. */
  readonly malformed: readonly {
    readonly file: string;
    readonly line: number | null;
    readonly reason: string;
  }[];
  /** A boot file that includes itself, in the order met. */
  readonly cycle: readonly string[] | null;
}

/** Everything that differs between vendors stands behind this interface, one file each. */
export interface Vendor {
  readonly slug: string;
  readonly name: string;
  readonly models: readonly Model[];
  readonly templates: readonly ShippedTemplate[];
  /** Format of cfg files. */
  readonly codec: Codec;
  /** Name of the account file of a device, `{mac}.cfg`. */
  readonly mainFile: string;
  /** Boot templates by precedence; empty: this vendor has no boot files. */
  readonly bootFiles: readonly string[];
  /** First line of a boot file, and how one line includes a file. */
  readonly boot: { readonly header: string; include(target: string): string } | null;
  /** Longest URL that the phones take, in characters. */
  readonly maxUrlLength: number;
  /** An empty value resets the parameter to factory, so that an author must write `clear` to mean it. */
  readonly emptyMeansReset: boolean;
  /** Text that clears a parameter. */
  readonly clearText: string;
  /** Parameters whose values are secrets, whatever layer they come from. */
  isSecretKey(key: string): boolean;
  /** What follows `/d/<token>/` in the URL that a phone must be sent. */
  start(phone: { readonly mac: Mac; readonly model: Model | null }): string;
  /** How a phone of this vendor goes through the files below its start URL. */
  walk(mac: Mac, readFile: (name: string) => string | null): Walk;
  translate(kind: TranslationKind, value: unknown): Translation;
}
