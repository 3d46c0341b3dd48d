/** What a change of the catalog did to the phones in its scope. */
export interface Effect {
  /** Devices that it can affect. */
  readonly affected: number;
  /** Those among them that the gate refused; while a job runs, of those that are done. */
  readonly failing: number;
  readonly state: 'published' | 'queued';
  /** Set when there were too many to publish at once. */
  readonly job: JobDocument | null;
}

export interface JobDocument {
  readonly id: string;
  readonly kind: string;
  readonly summary: string;
  readonly actor: string | null;
  readonly state: 'running' | 'done';
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly createdAt: string;
  readonly finishedAt: string | null;
}

export const NO_EFFECT: Effect = { affected: 0, failing: 0, state: 'published', job: null };
