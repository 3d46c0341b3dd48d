/**
 * What a worker must know to answer phones, as the change feed carries it from Postgres into the replica.
 * Nothing here is a secret in clear: the URL token is sealed and looked up by HMAC, files are sealed artifacts.
 */
import type { DeviceState } from './device.ts';
import type { Mac } from './mac.ts';
import type { ProfileRule } from './rule.ts';

/** A file that is ready to be sent. */
export interface ServedFile {
  readonly name: string;
  /** Address of the sealed artifact: HMAC-SHA-256 of the content, hex. */
  readonly address: string;
  /** Quoted, as an HTTP header carries it. */
  readonly etag: string;
  /** Size of the clear text. */
  readonly bytes: number;
  readonly contentType: string;
  /** `main` is the account file: what `/d/<token>/` itself and `/<mac>.cfg` answer. */
  readonly role: 'main' | 'boot' | 'common';
}

export interface ServedDevice {
  readonly id: string;
  readonly mac: Mac;
  readonly state: DeviceState;
  readonly vendor: string | null;
  readonly model: string | null;
  readonly siteId: string;
  readonly rootId: string;
  readonly tags: readonly string[];
  /** Sealed URL token, base64; opened with the place `device.token:<id>`. */
  readonly sealedToken: string;
  /** HMACs of the tokens that open `/d/<token>/`: the current one, then one that ends when the phone has used the current. */
  readonly tokenLookups: readonly string[];
  /** Counts publications; null while nothing was ever published. */
  readonly revision: number | null;
  readonly files: readonly ServedFile[];
  /** Rises with every change of this document. */
  readonly version: number;
}

export interface ServedSite {
  readonly id: string;
  readonly rootId: string;
  readonly parentId: string | null;
  readonly slug: string;
  readonly name: string;
  readonly networks: readonly string[];
  readonly publicBase: string | null;
  readonly bootstrapCode: string;
  readonly commonFilesFor: string | null;
  readonly enrolmentUntil: string | null;
  /** Vendor slug to the site's own common files. */
  readonly commonFiles: Readonly<Record<string, readonly ServedFile[]>>;
  readonly version: number;
}

export interface ServedRule extends ProfileRule {}

/** Model slugs by the names that phones use, for discovery. */
export interface ServedModel {
  readonly slug: string;
  readonly vendor: string;
  readonly name: string;
  readonly spellings: readonly string[];
}

/** One thing that the feed can name. The replica stores them by kind and key. */
export type ServedEntity =
  | { readonly kind: 'device'; readonly key: string; readonly value: ServedDevice }
  | { readonly kind: 'site'; readonly key: string; readonly value: ServedSite }
  | { readonly kind: 'rule'; readonly key: string; readonly value: ServedRule }
  | { readonly kind: 'model'; readonly key: string; readonly value: ServedModel }
  | { readonly kind: 'artifact'; readonly key: string; readonly value: ServedArtifact };

/** A sealed file; `sealed` is opened and checked against `address`. */
export interface ServedArtifact {
  readonly address: string;
  readonly sealed: Uint8Array;
}

export type ServedKind = ServedEntity['kind'];
