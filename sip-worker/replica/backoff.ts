const FIRST_MS = 200;
const LONGEST_MS = 5000;

/**
 * Full jitter: anything from nothing to a bound that doubles with every failure, so that workers which lost the same
 * database do not come back at the same moment.
 * @param failures how many in a row, from 1
 * @param random 0 up to, not including, 1
 */
export function backoffMs(failures: number, random: number): number {
  const bound = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 10));
  return Math.round(bound * random);
}
