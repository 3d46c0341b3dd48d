import '@fontsource-variable/inter/wght.css';
import '@fontsource-variable/jetbrains-mono/wght.css';
import './globals.css';
import type { Metadata, Viewport } from 'next';
import { cookies, headers } from 'next/headers';
import type { ReactNode } from 'react';
import { THEME_COOKIE, themeOf } from '../components/ui/theme.ts';
import { UiProvider } from '../components/ui/ui-provider.tsx';

export const metadata: Metadata = {
  title: { template: '%s · Provost', default: 'Provost' },
  description: 'Takes SIP desk phones from the box to a dial tone.',
  robots: { index: false, follow: false },
};

export const viewport: Viewport = {
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#fbfbfa' },
    { media: '(prefers-color-scheme: dark)', color: '#131416' },
  ],
};

export default async function RootLayout({ children }: { readonly children: ReactNode }) {
  const theme = themeOf((await cookies()).get(THEME_COOKIE)?.value);
  const nonce = nonceOf((await headers()).get('content-security-policy'));
  return (
    <html lang="en" data-theme={theme === 'system' ? undefined : theme}>
      <head>
        {/* React Aria reads the nonce for its own style sheets here. */}
        <meta property="csp-nonce" nonce={nonce} />
      </head>
      <body className="font-sans">
        <UiProvider>{children}</UiProvider>
      </body>
    </html>
  );
}

function nonceOf(policy: string | null): string | undefined {
  return /'nonce-([^']+)'/.exec(policy ?? '')?.[1];
}
