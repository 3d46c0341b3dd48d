const ACCEPTABLE = /^[\w.:-]{8,64}$/;

/** The id that the caller gave in X-Request-Id when it is fit for logs and headers, else a new one. */
export function requestIdOf(headers: Headers): string {
  const given = headers.get('x-request-id');
  return given !== null && ACCEPTABLE.test(given) ? given : crypto.randomUUID();
}
