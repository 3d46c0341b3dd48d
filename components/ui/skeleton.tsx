import { classNames } from './class-names.ts';

/** Stands where something will be, in its size; nothing moves when it comes. */
export function Skeleton({ className }: { readonly className?: string }) {
  return <div aria-hidden className={classNames('animate-pulse rounded-sm bg-hover', className)} />;
}

/** A table that is being read. */
export function TableSkeleton({ rows }: { readonly rows: number }) {
  return (
    <div role="status" aria-label="Loading" className="overflow-hidden rounded border border-line bg-surface">
      {Array.from({ length: rows }, (_, row) => row).map((row) => (
        <div key={row} className="hairline-b flex h-9 items-center gap-6 px-3 last:border-0">
          <Skeleton className="h-3 w-40" />
          <Skeleton className="h-3 w-32" />
          <Skeleton className="hidden h-3 w-24 sm:block" />
          <Skeleton className="hidden h-3 w-28 sm:block" />
        </div>
      ))}
    </div>
  );
}
