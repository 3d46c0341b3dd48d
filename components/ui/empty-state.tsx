import type { ReactNode } from 'react';

interface EmptyStateProps {
  readonly icon: ReactNode;
  readonly title: string;
  readonly children: ReactNode;
}

/** What this place is for and what to do next, where there is nothing yet. */
export function EmptyState({ icon, title, children }: EmptyStateProps) {
  return (
    <section className="flex flex-col items-center rounded border border-line bg-surface px-4 py-12 text-center">
      <div className="grid size-10 place-items-center rounded bg-accent-wash text-accent">{icon}</div>
      <h2 className="mt-4 text-16 font-semibold">{title}</h2>
      <div className="mt-1 w-full max-w-2xl text-14 text-muted">{children}</div>
    </section>
  );
}
