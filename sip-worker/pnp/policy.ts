import type { PnpRequest } from './subscription.ts';

/** The side of ours that faces the phone. */
export interface PnpContext {
  readonly localAddress: string;
  readonly localPort: number;
  readonly interfaceName: string | null;
}

/** `rule` names what decided; `url` is what the phone is sent, a secret when it holds a token. */
export type PnpDecision =
  | { readonly answer: true; readonly url: string; readonly rule: string; readonly deviceId: string | null }
  | { readonly answer: false; readonly reason: string; readonly rule: string | null };

/** Answers at once, from what the worker holds itself: a phone waits a second or two, and the fastest responder wins. */
export interface PnpPolicy {
  decide(request: PnpRequest, context: PnpContext): PnpDecision;
}
