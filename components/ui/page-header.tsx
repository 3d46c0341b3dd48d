import type { ReactNode } from 'react';

interface PageHeaderProps {
  readonly title: ReactNode;
  /** The state of the thing in one line. */
  readonly state?: ReactNode;
  readonly actions?: ReactNode;
}

export function PageHeader({ title, state, actions }: PageHeaderProps) {
  return (
    <header className="flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
      <div className="min-w-0">
        <h1 className="text-20 font-semibold tracking-[-0.01em] break-words">{title}</h1>
        {state ? <div className="mt-0.5 text-13 text-muted">{state}</div> : null}
      </div>
      {actions ? <div className="flex items-center gap-2">{actions}</div> : null}
    </header>
  );
}
