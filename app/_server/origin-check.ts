/**
 * Whether a request that changes something was sent by a page of ours: its Origin must be the configured address or
 * the host that was asked. Absent and `null` are refused, because browsers send neither for our own pages.
 */
export function isOwnOrigin(headers: Headers, configuredUrl: string | null): boolean {
  const origin = headers.get('origin');
  if (origin === null || !URL.canParse(origin)) return false;
  if (configuredUrl !== null && new URL(configuredUrl).origin === origin) return true;
  const host = headers.get('x-forwarded-host') ?? headers.get('host');
  const { protocol, host: originHost } = new URL(origin);
  return /^https?:$/.test(protocol) && originHost === host;
}
