'use client';

import { useRouter } from 'next/navigation';
import { startTransition, useEffect } from 'react';

/**
 * Draws the page anew whenever the server says that something changed. The browser connects again by itself after a
 * break, and each connection begins with a change, so nothing is missed.
 */
export function LiveRefresh({ source }: { readonly source: string }) {
  const router = useRouter();
  useEffect(() => {
    const changes = new EventSource(source);
    changes.addEventListener('change', () => startTransition(() => router.refresh()));
    return () => changes.close();
  }, [source, router]);
  return null;
}
