/**
 * Scripts and style sheets run only with this request's nonce. Style attributes are allowed: React Aria positions
 * popovers with them, and they can start nothing.
 */
export function contentSecurityPolicy(nonce: string, options: { readonly development: boolean }): string {
  const evaluation = options.development ? " 'unsafe-eval'" : '';
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${evaluation}`,
    `style-src 'self' 'nonce-${nonce}'`,
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}
