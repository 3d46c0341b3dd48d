import type { Compiler } from '#lib/compiler/pool.ts';
import { type Actor, SYSTEM } from '#lib/domain/actor.ts';
import type { Vault } from '#lib/system/secrets.ts';
import type { Db } from './client.ts';

/** What every read and write on behalf of somebody needs. */
export interface StoreContext {
  readonly db: Db;
  readonly vault: Vault;
  readonly compiler: Compiler;
  readonly actor: Actor;
  /** Ties audit entries to the request that made them. */
  readonly requestId: string | null;
  /** PROVOST_PUBLIC_BASE of this process. */
  readonly publicBase: string | null;
}

/** What publishing needs, whoever asked for it. */
export type PublishContext = Pick<StoreContext, 'db' | 'vault' | 'compiler'>;

/** Provost acting by itself. */
export function asSystem(publish: PublishContext): StoreContext {
  const { db, vault, compiler } = publish;
  return { db, vault, compiler, actor: SYSTEM, requestId: null, publicBase: null };
}
