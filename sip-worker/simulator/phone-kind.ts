import type { Mac } from '../../lib/domain/mac.ts';
import type { SipRequest } from '../sip/message.ts';

/** The phone on the table. */
export interface Phone {
  readonly mac: Mac;
  /** As the maker prints it: `FIP14G`. */
  readonly model: string;
  readonly firmware: string;
}

/** What a SUBSCRIBE needs besides the phone: where it is sent from and to, and digits that nobody else uses. */
export interface SubscribePlace {
  readonly address: string;
  readonly port: number;
  readonly group: string;
  /** Decimal digits. */
  readonly random: string;
}

/** `not-found` is an answer of the server; `failed` is everything else that kept the file away. */
export type Fetched =
  | { readonly kind: 'found'; readonly text: string }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'failed'; readonly reason: string };

/** A file that the phone applies, in the order of application. */
export interface AppliedFile {
  readonly name: string;
  readonly text: string;
}

export interface Walked {
  readonly applied: readonly AppliedFile[];
  /** What the phone stumbled over, for people. */
  readonly problems: readonly string[];
}

/** What one maker's phones do at boot. */
export interface PhoneKind {
  readonly vendor: string;
  readonly defaults: Omit<Phone, 'mac'>;
  /** Of HTTP requests. */
  userAgent(phone: Phone): string;
  subscribe(phone: Phone, place: SubscribePlace): SipRequest;
  /** The URL as the phone understands it: its own macros expanded. */
  expandUrl(url: string, phone: Phone): string;
  /** Asks for files below the URL in the phone's order. `fetch` takes an absolute URL. */
  walk(start: WalkStart, fetch: (url: string) => Promise<Fetched>): Promise<Walked>;
}

export interface WalkStart {
  readonly phone: Phone;
  readonly url: string;
  /** The URL came by DHCP option 66 and not by PnP. */
  readonly isFromDhcp: boolean;
}
