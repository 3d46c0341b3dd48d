import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';

interface PanelProps {
  readonly title: string;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A titled part of a page. */
export function Panel({ title, className, children }: PanelProps) {
  return (
    <section className={classNames('min-w-0 rounded border border-line bg-surface px-4 py-3', className)}>
      <h2 className="mb-2 text-13 font-semibold">{title}</h2>
      {children}
    </section>
  );
}
