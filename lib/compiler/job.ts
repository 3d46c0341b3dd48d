import type { Catalog } from '#lib/domain/catalog.ts';
import type { Device } from '#lib/domain/device.ts';
import type { Finding } from '#lib/domain/finding.ts';

/** One thing to compile. A device comes with its clear URL token. */
export type CompileJob =
  | { readonly kind: 'device'; readonly device: Device; readonly token: string }
  | { readonly kind: 'site'; readonly siteId: string; readonly vendor: string };

export interface PublishableFile {
  readonly name: string;
  readonly role: 'main' | 'boot' | 'common';
  readonly contentType: string;
  readonly text: string;
  /** JSON of lib/domain/provenance.ts. */
  readonly provenance: string;
}

/** `ok: false`: the gate refused, or the template ran past its limits; nothing of this may be published. */
export type CompileOutcome =
  | { readonly ok: true; readonly files: readonly PublishableFile[]; readonly findings: readonly Finding[] }
  | { readonly ok: false; readonly findings: readonly Finding[] };

/** From the pool to a thread: a new catalog, or a job against the last one. */
export type ToThread =
  | { readonly kind: 'catalog'; readonly catalog: Catalog }
  | { readonly kind: 'compile'; readonly job: CompileJob };

/** A thread says this once it has loaded: the time that takes is not the first job's. */
export const READY = 'ready';
