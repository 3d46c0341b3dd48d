interface Dot {
  readonly x: number;
  readonly y: number;
  readonly isLit: boolean;
}

/** A dial pad, partly lit: a phone on its way to a dial tone. */
const DOTS: readonly Dot[] = [
  { x: 9, y: 9, isLit: true },
  { x: 16, y: 9, isLit: false },
  { x: 23, y: 9, isLit: false },
  { x: 9, y: 16, isLit: true },
  { x: 16, y: 16, isLit: true },
  { x: 23, y: 16, isLit: false },
  { x: 9, y: 23, isLit: true },
  { x: 16, y: 23, isLit: true },
  { x: 23, y: 23, isLit: true },
];

export function BrandMark({ size = 20 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" className="shrink-0">
      <rect width="32" height="32" rx="7" fill="var(--color-accent)" />
      {DOTS.map(({ x, y, isLit }) => (
        <circle
          key={`${x} ${y}`}
          cx={x}
          cy={y}
          r="2.6"
          fill="var(--color-on-accent)"
          opacity={isLit ? 1 : 0.5}
        />
      ))}
    </svg>
  );
}

export function Brand() {
  return (
    <span className="inline-flex items-center gap-2 text-16 font-semibold tracking-[-0.01em]">
      <BrandMark />
      Provost
    </span>
  );
}
