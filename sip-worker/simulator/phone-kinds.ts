import { flyingvoice } from './flyingvoice.ts';
import type { PhoneKind } from './phone-kind.ts';

export const PHONE_KINDS: readonly PhoneKind[] = [flyingvoice];

export function findPhoneKind(vendor: string): PhoneKind | null {
  return PHONE_KINDS.find((kind) => kind.vendor === vendor.toLowerCase()) ?? null;
}
