/** From rows of users and tokens to who they are. Scopes and sites are read from the database at every request. */
import { type Actor, type ActorGrant, ROLES, type Role, SCOPES, scopesOfRole } from '#lib/domain/actor.ts';

interface UserRow {
  readonly id: string;
  readonly email: string;
  readonly name: string | null;
  readonly grants: readonly { readonly role: string; readonly siteId: string | null }[];
}

export const ACTOR_FIELDS = {
  id: true,
  email: true,
  name: true,
  disabledAt: true,
  grants: { select: { role: true, siteId: true } },
} as const;

export function toUserActor(row: UserRow): Actor {
  const grants = row.grants.flatMap(({ role, siteId }): ActorGrant[] =>
    isRole(role) ? [{ scopes: scopesOfRole(role), siteId }] : [],
  );
  return { kind: 'user', id: row.id, name: row.name ?? row.email, grants };
}

export function toTokenActor(row: {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly siteId: string | null;
}): Actor {
  const scopes = SCOPES.filter((scope) => row.scopes.includes(scope));
  return { kind: 'token', id: row.id, name: row.name, grants: [{ scopes, siteId: row.siteId }] };
}

export function isRole(text: string): text is Role {
  return ROLES.some((role) => role === text);
}
