/** Who asks, and what they may touch. Decided here and in `lib/store`, never in a layout, proxy or middleware. */

/** `operate`: resync and reboot phones. `reveal`: see secrets. */
export const SCOPES = ['read', 'operate', 'write', 'reveal', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

export const ROLES = ['admin', 'reseller', 'helpdesk', 'read-only'] as const;
export type Role = (typeof ROLES)[number];

export interface ActorGrant {
  readonly scopes: readonly Scope[];
  /** The site whose subtree it covers; null: everywhere. */
  readonly siteId: string | null;
}

export interface Actor {
  readonly kind: 'user' | 'token' | 'system';
  readonly id: string;
  /** As the audit shows it. */
  readonly name: string;
  readonly grants: readonly ActorGrant[];
}

/** Sites whose subtrees an actor may touch; an empty list is nowhere. */
export type Reach = 'all' | readonly string[];

/** Provost itself: sweeps, seeds, phones that are added by a rule. */
export const SYSTEM: Actor = {
  kind: 'system',
  id: 'system',
  name: 'Provost',
  grants: [{ scopes: ['admin'], siteId: null }],
};

const ROLE_SCOPES: Readonly<Record<Role, readonly Scope[]>> = {
  admin: ['admin'],
  reseller: ['write', 'reveal'],
  helpdesk: ['operate'],
  'read-only': ['read'],
};

const IMPLIED: Readonly<Record<Scope, readonly Scope[]>> = {
  read: ['read'],
  operate: ['operate', 'read'],
  write: ['write', 'operate', 'read'],
  reveal: ['reveal', 'read'],
  admin: SCOPES,
};

export function scopesOfRole(role: Role): readonly Scope[] {
  return ROLE_SCOPES[role];
}

/** Whether the actor has the scope anywhere at all. */
export function may(actor: Actor, scope: Scope): boolean {
  return actor.grants.some((grant) => covers(grant, scope));
}

export function reachOf(actor: Actor, scope: Scope): Reach {
  const grants = actor.grants.filter((grant) => covers(grant, scope));
  const sites = grants.flatMap((grant) => (grant.siteId === null ? [] : [grant.siteId]));
  return sites.length === grants.length ? [...new Set(sites)] : 'all';
}

/** @param sitePath ids from the root site to the site itself. */
export function reaches(actor: Actor, scope: Scope, sitePath: readonly string[]): boolean {
  const reach = reachOf(actor, scope);
  return reach === 'all' || reach.some((siteId) => sitePath.includes(siteId));
}

/** Whether one actor holds everything that a grant would give, so that nobody can hand out more than they have. */
export function mayGrant(actor: Actor, grant: ActorGrant, sitePath: readonly string[] | null): boolean {
  return grant.scopes.every((scope) =>
    sitePath === null ? reachOf(actor, scope) === 'all' : reaches(actor, scope, sitePath),
  );
}

function covers(grant: ActorGrant, scope: Scope): boolean {
  return grant.scopes.some((given) => IMPLIED[given].includes(scope));
}
