'use client';

import { ErrorPage } from '../../components/frame/error-page.tsx';

interface ErrorProps {
  readonly error: Error & { readonly digest?: string };
  readonly reset: () => void;
}

export default function ConsoleError({ error, reset }: ErrorProps) {
  return (
    <div className="grid place-items-center py-16">
      <ErrorPage digest={error.digest} onRetry={reset} />
    </div>
  );
}
