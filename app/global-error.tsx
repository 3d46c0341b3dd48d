'use client';

import './globals.css';
import { ErrorPage } from '../components/frame/error-page.tsx';

interface ErrorProps {
  readonly error: Error & { readonly digest?: string };
  readonly reset: () => void;
}

/** When even what stands around every page could not be drawn. */
export default function GlobalError({ error, reset }: ErrorProps) {
  return (
    <html lang="en">
      <body className="font-sans">
        <main className="dial-pad grid min-h-dvh place-items-center p-4">
          <ErrorPage digest={error.digest} onRetry={reset} />
        </main>
      </body>
    </html>
  );
}
