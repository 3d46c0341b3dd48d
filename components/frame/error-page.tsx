'use client';

import { RotateCw, TriangleAlert } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { startTransition, useCallback, useEffect } from 'react';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy-button.tsx';

interface ErrorPageProps {
  /** `unavailable/<request id>`, as the gate writes it; another form comes from the framework. */
  readonly digest: string | undefined;
  readonly onRetry: () => void;
}

const TRY_AGAIN_MS = 5_000;

const SAID = {
  unavailable: {
    title: 'The database cannot be reached',
    text: 'Phones are still served with their last published files. This page comes back by itself once the database does.',
  },
  unexpected: {
    title: 'Something went wrong on our side',
    text: 'Nothing was changed. Try again; if it stays, give the request id to whoever runs this server.',
  },
};

export function ErrorPage({ digest, onRetry }: ErrorPageProps) {
  const router = useRouter();
  const [kind, requestId] = digest?.split('/') ?? [];
  const number = requestId ?? digest;
  const { title, text } = kind === 'unavailable' ? SAID.unavailable : SAID.unexpected;
  const retry = useCallback(() => {
    startTransition(() => {
      router.refresh();
      onRetry();
    });
  }, [router, onRetry]);
  useEffect(() => {
    if (kind !== 'unavailable') return;
    const timer = setInterval(retry, TRY_AGAIN_MS);
    return () => clearInterval(timer);
  }, [kind, retry]);
  return (
    <section className="w-full max-w-lg rounded border border-line bg-surface p-6">
      <TriangleAlert aria-hidden className="size-6 text-wrong" />
      <h1 className="mt-3 text-20 font-semibold tracking-[-0.01em]">{title}</h1>
      <p className="mt-1 text-14 text-muted">{text}</p>
      {number ? (
        <p className="mt-4 flex items-center gap-1 text-13 text-muted">
          {requestId ? 'Request id' : 'Error number'}
          <code className="ml-1 truncate text-ink">{number}</code>
          <CopyButton text={number} what="number" />
        </p>
      ) : null}
      <Button look="primary" className="mt-4" onPress={retry}>
        <RotateCw aria-hidden className="size-4" />
        Try again
      </Button>
    </section>
  );
}
