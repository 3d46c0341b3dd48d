import { ButtonLink } from './button.tsx';

interface PagerProps {
  readonly firstHref: string | null;
  readonly nextHref: string | null;
}

/** Pages of a list by their keys: forward, and back to the start. */
export function Pager({ firstHref, nextHref }: PagerProps) {
  if (firstHref === null && nextHref === null) return null;
  return (
    <nav aria-label="Pages" className="flex justify-end gap-2">
      {firstHref === null ? null : <ButtonLink href={firstHref}>First page</ButtonLink>}
      {nextHref === null ? null : <ButtonLink href={nextHref}>Next page</ButtonLink>}
    </nav>
  );
}
