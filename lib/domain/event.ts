/** What phones did, as workers report it. An event never holds a secret: paths are masked, bodies are left out. */
export const EVENT_KINDS = [
  'subscribe',
  'pnp-answer',
  'notify-answered',
  'notify-silent',
  'download',
  'refused',
  'discovered',
  'identity-mismatch',
  'published',
  'publish-failed',
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

export interface PhoneEvent {
  /** Made by the worker, so that a batch sent twice is stored once. */
  readonly id: string;
  /** ISO time with milliseconds, the worker's clock. */
  readonly at: string;
  readonly kind: EventKind;
  readonly deviceId: string | null;
  readonly mac: string | null;
  readonly siteId: string | null;
  readonly rootId: string | null;
  readonly worker: string;
  /** Source address of the phone. */
  readonly address: string | null;
  /** One line for people: `GET 0021f222b01d.cfg 200, revision 8, 6.1 kB`. */
  readonly summary: string;
  readonly data: Readonly<Record<string, string | number | boolean | null>>;
}
