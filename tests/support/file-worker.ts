/** The file side of a worker on ephemeral ports of loopback, with a replica in memory. */
import type { LocalNetwork } from '#lib/domain/access.ts';
import { parseNetwork } from '#lib/system/network.ts';
import type { FileFact } from '../../sip-worker/files/fact.ts';
import { createFileHandler, type FileHandler } from '../../sip-worker/files/handler.ts';
import { createReplicaView, type ReplicaContent, type TestReplica } from './replica-view.ts';

export interface FileWorker {
  readonly handler: FileHandler;
  readonly replica: TestReplica;
  /** What the servers pass on, and what they warn of; a warning is a failure of the test unless it takes it out. */
  readonly hooks: {
    readonly handler: FileHandler;
    readonly observe: (fact: FileFact) => void;
    readonly noteAddress: (address: string, deviceId: string) => void;
    readonly log: { warn(fields: object, message: string): void };
  };
  readonly facts: FileFact[];
  readonly warnings: string[];
  /** Resolves when so many facts have been told. */
  untilFacts(count: number): Promise<readonly FileFact[]>;
}

export interface FileWorkerOptions extends ReplicaContent {
  readonly proxies?: readonly string[];
  /** None unless given: then loopback alone is near. */
  readonly listLocalNetworks?: () => readonly LocalNetwork[];
}

export function createFileWorker(options: FileWorkerOptions = {}): FileWorker {
  const replica = createReplicaView(options);
  const facts: FileFact[] = [];
  const warnings: string[] = [];
  const waiting = new Set<() => void>();
  const handler = createFileHandler({
    view: replica.view,
    trustedProxies: networks(options.proxies ?? []),
    listLocalNetworks: options.listLocalNetworks ?? (() => []),
    findNeighbour: () => null,
    now: Date.now,
  });
  return {
    handler,
    replica,
    facts,
    warnings,
    hooks: {
      handler,
      observe(fact) {
        facts.push(fact);
        for (const check of waiting) check();
      },
      noteAddress: replica.noteAddress,
      log: { warn: (_fields, message) => void warnings.push(message) },
    },
    async untilFacts(count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const check = () => facts.length >= count && resolve();
      waiting.add(check);
      check();
      await promise;
      waiting.delete(check);
      return facts;
    },
  };
}

export function networks(texts: readonly string[]) {
  return texts.flatMap((text) => {
    const network = parseNetwork(text);
    return network.ok ? [network.value] : [];
  });
}
