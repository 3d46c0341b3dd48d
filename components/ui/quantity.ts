const STEPS: readonly (readonly [limitSec: number, unitSec: number, unit: string])[] = [
  [3600, 60, 'min'],
  [48 * 3600, 3600, 'h'],
  [Number.POSITIVE_INFINITY, 86_400, 'd'],
];

/** `now`, `4 min`, `3 h`, `12 d`: how long ago, in the space that a table has. */
export function relativeTime(at: string, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(at)) / 1000));
  if (seconds < 60) return 'now';
  const step = STEPS.find(([limit]) => seconds < limit);
  return step ? `${Math.floor(seconds / step[1])} ${step[2]}` : '';
}

/** `6.1 kB`, in thousands. */
export function readableBytes(bytes: number): string {
  return bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} kB`;
}
