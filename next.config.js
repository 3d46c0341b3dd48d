import path from 'node:path';

/** Headers of every answer. The content security policy is made per request, in proxy.ts, because it names a nonce. */
const SECURITY_HEADERS = [
  { key: 'X-Content-Type-Options', value: 'nosniff' },
  { key: 'X-Frame-Options', value: 'DENY' },
  { key: 'Referrer-Policy', value: 'same-origin' },
  { key: 'Cross-Origin-Opener-Policy', value: 'same-origin' },
  { key: 'Cross-Origin-Resource-Policy', value: 'same-origin' },
  { key: 'Permissions-Policy', value: 'camera=(), microphone=(), geolocation=(), browsing-topics=()' },
];

/** @type {import('next').NextConfig} */
export default {
  poweredByHeader: false,
  reactStrictMode: true,
  typedRoutes: false,
  // `npm test` runs tsc over the whole project; the build must not need what only development installs.
  typescript: { ignoreBuildErrors: true, tsconfigPath: 'app/tsconfig.json' },
  turbopack: { root: path.resolve(import.meta.dirname) },
  serverExternalPackages: [
    'pg',
    'pino',
    '@prisma/client',
    '@prisma/adapter-pg',
    '@prisma/driver-adapter-utils',
  ],
  // A title that is streamed behind its page, and again at each live refresh, is missing in between: in the tab, and for
  // a screen reader. Every browser gets it with the head, as crawlers do.
  htmlLimitedBots: /.*/,
  images: { unoptimized: true },
  experimental: { authInterrupts: true },
  headers: async () => [{ source: '/:path*', headers: SECURITY_HEADERS }],
};
