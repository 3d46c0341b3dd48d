'use client';

import { ErrorPage } from '../components/frame/error-page.tsx';

interface ErrorProps {
  readonly error: Error & { readonly digest?: string };
  readonly reset: () => void;
}

export default function RootError({ error, reset }: ErrorProps) {
  return (
    <main className="dial-pad grid min-h-dvh place-items-center p-4">
      <ErrorPage digest={error.digest} onRetry={reset} />
    </main>
  );
}
