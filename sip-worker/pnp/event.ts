import type { Mac } from '../../lib/domain/mac.ts';
import type { PnpContext } from './policy.ts';
import type { PnpRequest, PnpSource } from './subscription.ts';

/** One SUBSCRIBE with its repeats and all that followed from it. `id` counts up from 1 in this process. */
export interface PnpExchange {
  readonly id: number;
  readonly source: PnpSource;
  readonly mac: Mac | null;
  readonly deviceId: string | null;
  readonly rule: string | null;
}

/** What came of a SUBSCRIBE, without the URL: that may hold a device's token. */
export interface PnpVerdict {
  readonly answer: boolean;
  readonly reason: string | null;
}

/** Everything the responder did or saw, in order. No event holds a URL. */
export type PnpEvent =
  | {
      readonly kind: 'subscribe';
      readonly exchange: PnpExchange;
      readonly request: PnpRequest;
      readonly context: PnpContext;
      readonly verdict: PnpVerdict;
      /** Asked before within 32 s and got no answer then; answered repeats are `ok-sent` only. */
      readonly isRepeat: boolean;
      readonly bytes: number;
    }
  | {
      readonly kind: 'ok-sent';
      readonly exchange: PnpExchange;
      readonly isRepeat: boolean;
      readonly bytes: number;
    }
  | {
      readonly kind: 'notify-sent';
      readonly exchange: PnpExchange;
      readonly attempt: number;
      readonly bytes: number;
    }
  | {
      readonly kind: 'notify-answered';
      readonly exchange: PnpExchange;
      readonly status: number;
      readonly roundTripMs: number;
      readonly sends: number;
    }
  | { readonly kind: 'notify-timed-out'; readonly exchange: PnpExchange; readonly sends: number }
  | {
      readonly kind: 'notify-stopped';
      readonly exchange: PnpExchange;
      readonly reason: 'fetched' | 'asked-again' | 'closed';
      readonly sends: number;
    }
  | {
      readonly kind: 'refused';
      readonly source: PnpSource;
      readonly reason: string;
      /** The header or other place that was at fault. */
      readonly at: string | null;
      readonly bytes: number;
    };
