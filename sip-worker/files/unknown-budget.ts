/**
 * How many unknown names (MACs, tokens, codes) a source may ask for in a minute. MACs are sequential, so whoever asks
 * for many is guessing. A phone that nobody entered asks for the same one again and again, which counts once.
 */
export interface BudgetLimits {
  /** Different unknown names from one address (IPv6: one /64). */
  readonly perSource: number;
  /** The same from one neighbourhood: IPv4 /24, IPv6 /48. */
  readonly perPrefix: number;
  /** Different unknown names under one site's code, from anywhere. */
  readonly perSite: number;
  readonly windowMs: number;
}

export const DEFAULT_BUDGET: BudgetLimits = {
  perSource: 60,
  perPrefix: 240,
  perSite: 600,
  windowMs: 60_000,
};

/** `first-over`: the miss that used the budget up; report it once. */
export type MissVerdict = 'within' | 'first-over' | 'over';

export interface UnknownBudget {
  /** Counts an unknown name. */
  miss(source: string, name: string, siteId: string | null): MissVerdict;
  /** Whether this source, its neighbourhood or the site has used its budget up. */
  isOver(source: string, siteId: string | null): boolean;
  readonly entries: number;
}

interface Window {
  readonly endsAt: number;
  readonly names: Set<string>;
  isOver: boolean;
}

/** Sources remembered at once; the oldest is forgotten first, its neighbourhood and site go on counting. */
const MOST_WINDOWS = 8_192;

export function createUnknownBudget(limits: BudgetLimits, now: () => number): UnknownBudget {
  const windows = new Map<string, Window>();

  function openWindow(key: string): Window {
    const known = windows.get(key);
    if (known && known.endsAt > now()) return known;
    windows.delete(key);
    const fresh = { endsAt: now() + limits.windowMs, names: new Set<string>(), isOver: false };
    windows.set(key, fresh);
    for (const oldest of windows.keys()) {
      if (windows.size <= MOST_WINDOWS) break;
      windows.delete(oldest);
    }
    return fresh;
  }

  function count(key: string, name: string, limit: number): MissVerdict {
    const window = openWindow(key);
    if (window.isOver) return 'over';
    window.names.add(name);
    if (window.names.size <= limit) return 'within';
    window.isOver = true;
    window.names.clear();
    return 'first-over';
  }

  function isOver(key: string): boolean {
    const window = windows.get(key);
    return window?.isOver === true && window.endsAt > now();
  }

  return {
    miss(source, name, siteId) {
      // One noisy address uses up no more of what it shares with others than its own budget.
      const own = count(sourceKey(source), name, limits.perSource);
      if (own !== 'within') return own;
      const prefix = count(prefixKey(source), name, limits.perPrefix);
      const site = siteId === null ? 'within' : count(`site ${siteId}`, name, limits.perSite);
      if (prefix === 'first-over' || site === 'first-over') return 'first-over';
      return prefix === 'over' || site === 'over' ? 'over' : 'within';
    },
    isOver(source, siteId) {
      return (
        windows.size > 0 &&
        (isOver(sourceKey(source)) ||
          isOver(prefixKey(source)) ||
          (siteId !== null && isOver(`site ${siteId}`)))
      );
    },
    get entries() {
      return windows.size;
    },
  };
}

/** What counts as one source: an IPv4 address, or the /64 that an IPv6 host picks its addresses from. */
export function sourceKey(source: string): string {
  return source.includes(':') ? `source ${groupsOf(source, 4)}` : `source ${source}`;
}

function prefixKey(source: string): string {
  if (source.includes(':')) return `prefix ${groupsOf(source, 3)}`;
  return `prefix ${source.slice(0, source.lastIndexOf('.'))}`;
}

/** The first groups of an IPv6 address, with `::` filled in as far as it matters here. */
function groupsOf(source: string, count: number): string {
  const [head = '', tail = ''] = source.split('::');
  const before = head.split(':');
  const after = tail === '' ? [] : tail.split(':');
  const gap = source.includes('::') ? Array(Math.max(0, 8 - before.length - after.length)).fill('0') : [];
  return [...before, ...gap, ...after].slice(0, count).join(':');
}
