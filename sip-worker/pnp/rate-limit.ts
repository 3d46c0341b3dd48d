import { createRecentMap } from '../sip/recent-map.ts';

export interface RateLimitOptions {
  readonly now: () => number;
  /** Tokens per second and at most saved up, for one source and for all together. */
  readonly perSource: number;
  readonly overall: number;
  /** Sources remembered; beyond it those that were silent longest are forgotten. */
  readonly mostSources: number;
}

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** Token buckets per source address and for all sources. Returns whether one more datagram may be looked at. */
export function createRateLimit(options: RateLimitOptions): (address: string) => boolean {
  const buckets = createRecentMap<Bucket>(options.mostSources);
  const overall: Bucket = { tokens: options.overall, filledAt: options.now() };

  function bucketOf(address: string, now: number): Bucket {
    const known = buckets.get(address);
    if (known) return known;
    const bucket = { tokens: options.perSource, filledAt: now };
    buckets.set(address, bucket);
    return bucket;
  }

  return function take(address) {
    const now = options.now();
    return (
      takeToken(bucketOf(address, now), options.perSource, now) && takeToken(overall, options.overall, now)
    );
  };
}

function takeToken(bucket: Bucket, rate: number, now: number): boolean {
  bucket.tokens = Math.min(rate, bucket.tokens + ((now - bucket.filledAt) * rate) / 1000);
  bucket.filledAt = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}
