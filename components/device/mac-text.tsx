import { formatMac, parseMac } from '#lib/domain/mac.ts';

/** As people read it; a value that is none (it never should be) is shown as it is. */
export function macText(mac: string): string {
  const parsed = parseMac(mac);
  return parsed.ok ? formatMac(parsed.value) : mac;
}

export function MacText({ mac }: { readonly mac: string }) {
  return <span className="font-mono text-[0.96em] whitespace-nowrap">{macText(mac)}</span>;
}
