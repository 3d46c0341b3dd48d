import type { AccessSource } from '#lib/domain/access.ts';
import { isInNetworks, type Network } from '#lib/system/network.ts';
import type { ReplicaView } from '../replica/view.ts';

export interface StatusPage {
  readonly status: 200 | 503;
  readonly contentType: string;
  readonly body: string;
}

export interface StatusPagesOptions {
  readonly view: ReplicaView;
  /** Who may see them; everybody else gets the 404 of any other path. */
  readonly networks: readonly Network[];
  /** Text of the Prometheus exposition format. */
  readonly collectMetrics: () => Promise<string>;
  /** Further members of /readyz, read at each request. */
  readonly describe?: () => Readonly<Record<string, unknown>>;
  readonly now?: () => number;
}

export interface StatusPages {
  /** Null: no such page, or not for this source. */
  open(path: string, identify: () => AccessSource): (() => Promise<StatusPage>) | null;
}

/**
 * `/healthz`: the process answers. `/readyz`: 503 only until a first full snapshot has ever existed, because a worker
 * that has one serves phones with or without the database. `/metrics`: for Prometheus.
 */
export function createStatusPages(options: StatusPagesOptions): StatusPages {
  const pages = new Map<string, () => Promise<StatusPage>>([
    ['/healthz', async () => json(200, { status: 'ok' })],
    ['/readyz', async () => describeReadiness(options)],
    [
      '/metrics',
      async () => ({
        status: 200,
        contentType: 'text/plain; version=0.0.4; charset=utf-8',
        body: await options.collectMetrics(),
      }),
    ],
  ]);
  return {
    open(path, identify) {
      const page = pages.get(path);
      if (!page) return null;
      const source = identify();
      const isKnownSource = source.via === 'direct' || source.via === 'proxy';
      return isKnownSource && isInNetworks(source.address, options.networks) ? page : null;
    },
  };
}

function describeReadiness(options: StatusPagesOptions): StatusPage {
  const { mode, reason, followedAt, devices } = options.view.status();
  const now = (options.now ?? Date.now)();
  const snapshotAgeSec =
    followedAt === null ? null : Math.max(0, Math.round((now - Date.parse(followedAt)) / 1_000));
  const more = options.describe?.() ?? {};
  return json(mode === 'empty' ? 503 : 200, { mode, reason, followedAt, snapshotAgeSec, devices, ...more });
}

function json(status: 200 | 503, value: unknown): StatusPage {
  return { status, contentType: 'application/json; charset=utf-8', body: `${JSON.stringify(value)}\n` };
}
