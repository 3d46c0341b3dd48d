import { describe, expect, it } from 'vitest';
import { type Actor, may, mayGrant, reaches, reachOf, SYSTEM, scopesOfRole } from './actor.ts';

function actor(...grants: Actor['grants']): Actor {
  return { kind: 'user', id: 'u', name: 'Anna', grants };
}

describe('what a role may do', () => {
  it.each([
    ['read-only', 'read', true],
    ['read-only', 'operate', false],
    ['helpdesk', 'operate', true],
    ['helpdesk', 'read', true],
    ['helpdesk', 'write', false],
    ['helpdesk', 'reveal', false],
    ['reseller', 'write', true],
    ['reseller', 'reveal', true],
    ['reseller', 'admin', false],
    ['admin', 'reveal', true],
    ['admin', 'admin', true],
  ] as const)('%s, %s: %s', (role, scope, expected) => {
    expect(may(actor({ scopes: scopesOfRole(role), siteId: null }), scope)).toBe(expected);
  });
});

describe('reach', () => {
  it('is everywhere for a grant without a site', () => {
    expect(reachOf(SYSTEM, 'write')).toBe('all');
  });

  it('is nowhere without the scope', () => {
    expect(reachOf(actor({ scopes: ['read'], siteId: null }), 'write')).toEqual([]);
  });

  it('counts only the grants that give the scope', () => {
    const both = actor({ scopes: ['write'], siteId: 'a' }, { scopes: ['read'], siteId: 'b' });
    expect(reachOf(both, 'write')).toEqual(['a']);
    expect(reachOf(both, 'read')).toEqual(['a', 'b']);
  });

  it('covers the subtree of its site and nothing beside it', () => {
    const limited = actor({ scopes: ['write'], siteId: 'b' });
    expect(reaches(limited, 'write', ['a', 'b', 'c'])).toBe(true);
    expect(reaches(limited, 'write', ['a', 'x'])).toBe(false);
    expect(reaches(limited, 'write', ['a'])).toBe(false);
  });

  it('cannot be handed out wider than it is', () => {
    const limited = actor({ scopes: ['admin'], siteId: 'b' });
    expect(mayGrant(limited, { scopes: ['admin'], siteId: 'c' }, ['a', 'b', 'c'])).toBe(true);
    expect(mayGrant(limited, { scopes: ['read'], siteId: null }, null)).toBe(false);
  });
});
