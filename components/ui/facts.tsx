import type { ReactNode } from 'react';

interface FactsProps {
  readonly facts: readonly (readonly [name: string, value: ReactNode])[];
  /** Stands for a value that there is none of. */
  readonly absent: ReactNode;
}

/** Names and values, one below the other. */
export function Facts({ facts, absent }: FactsProps) {
  return (
    <dl className="grid grid-cols-[minmax(96px,max-content)_minmax(0,1fr)] gap-x-6 gap-y-1.5 text-13">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="break-words">{value ?? absent}</dd>
        </div>
      ))}
    </dl>
  );
}
