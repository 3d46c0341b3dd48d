/** A device as replies and pages show it. Nothing here is a secret. */
import type { Transport } from './account.ts';
import type { DeviceState, LineKey } from './device.ts';
import type { Finding } from './finding.ts';

export interface LineDocument {
  readonly index: number;
  readonly enabled: boolean;
  readonly label: string | null;
  /** Id of the account; null: the line is not in use. */
  readonly account: string | null;
  readonly displayName: string | null;
  readonly userName: string | null;
  readonly authName: string | null;
  readonly hasPassword: boolean;
  readonly voicemail: string | null;
  /** Of the registrar that is in effect, inherited or not. */
  readonly sipServer: string | null;
  readonly sipPort: number | null;
  readonly transport: Transport | null;
  /** Another line of a device in use has the same account. */
  readonly shared: boolean;
}

export interface PublicationDocument {
  readonly state: 'published' | 'failing' | 'queued';
  readonly errors: readonly Finding[];
  readonly warnings: readonly Finding[];
}

export interface DeviceDocument {
  readonly id: string;
  readonly mac: string;
  readonly serial: string | null;
  readonly vendor: string | null;
  readonly model: string | null;
  /** Slug. */
  readonly site: string;
  readonly siteId: string;
  readonly state: DeviceState;
  readonly label: string | null;
  readonly person: string | null;
  readonly location: string | null;
  readonly lines: readonly LineDocument[];
  readonly modules: readonly { readonly index: number; readonly name: string }[];
  readonly keys: readonly LineKey[];
  /** Of this device alone, without secrets. */
  readonly variables: Readonly<Record<string, string | number | boolean | null>>;
  readonly parameters: Readonly<Record<string, string>>;
  /** Names of values that are set and not shown. */
  readonly secrets: { readonly variables: readonly string[]; readonly parameters: readonly string[] };
  readonly tags: readonly string[];
  readonly externalId: string | null;
  readonly version: number;
  /** Counts publications; 0: never published. */
  readonly revision: number;
  readonly publication: PublicationDocument;
  /** Something changed since its files were made. */
  readonly behind: boolean;
  readonly fetchedRevision: number | null;
  readonly fetchedAt: string | null;
  readonly lastSeenAt: string | null;
  readonly lastSeenAddress: string | null;
  readonly firmware: string | null;
  /** How it was recognised while nobody had entered it. */
  readonly recognised: Readonly<Record<string, string | null>> | null;
  readonly publishedAt: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** One row of a list. */
export interface DeviceSummary {
  readonly id: string;
  readonly mac: string;
  readonly vendor: string | null;
  readonly model: string | null;
  readonly modelName: string | null;
  readonly site: string;
  readonly siteId: string;
  readonly siteName: string;
  readonly state: DeviceState;
  readonly label: string | null;
  /** User names of the lines that are in use. */
  readonly lines: readonly string[];
  readonly tags: readonly string[];
  readonly version: number;
  readonly revision: number;
  readonly fetchedRevision: number | null;
  readonly publicationState: PublicationDocument['state'];
  readonly behind: boolean;
  /** The first error that keeps its files from being published. */
  readonly reason: string | null;
  readonly lastSeenAt: string | null;
  readonly lastSeenAddress: string | null;
  readonly firmware: string | null;
  readonly recognised: Readonly<Record<string, string | null>> | null;
  readonly createdAt: string;
}

export interface DeviceFileDocument {
  readonly name: string;
  readonly role: 'main' | 'boot' | 'common';
  readonly etag: string;
  readonly bytes: number;
  readonly contentType: string;
}
