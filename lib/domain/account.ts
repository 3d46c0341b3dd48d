import { z } from 'zod';

export const TRANSPORTS = ['udp', 'tcp', 'tls'] as const;
export const transportSchema = z.enum(TRANSPORTS);
export type Transport = z.infer<typeof transportSchema>;

/** Where accounts register. No port: the phone looks the host up by SRV. */
export interface Registrar {
  readonly id: string;
  readonly name: string;
  readonly siteId: string;
  readonly host: string;
  readonly port: number | null;
  readonly transport: Transport;
  readonly secondHost: string | null;
  readonly secondPort: number | null;
  readonly outboundProxy: string | null;
  readonly outboundPort: number | null;
  readonly expiresSec: number;
  readonly srtp: 'off' | 'optional' | 'required';
}

/** A SIP account. Several devices may share one (desk and home), so that its password is changed in one place. */
export interface Account {
  readonly id: string;
  readonly siteId: string;
  readonly userName: string;
  readonly authName: string | null;
  /** Clear text, only inside compile and a reveal. */
  readonly password: string | null;
  readonly displayName: string | null;
  readonly voicemail: string | null;
  /** Null: the default registrar of the device's site chain. */
  readonly registrarId: string | null;
  readonly externalId: string | null;
}
