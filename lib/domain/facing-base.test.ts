import { describe, expect, it } from 'vitest';
import { findFacingBase } from './facing-base.ts';

const loopback = { address: '127.0.0.1', network: '127.0.0.0/8', base: 'http://127.0.0.1:8080' };
const office = { address: '10.20.0.5', network: '10.20.0.0/24', base: 'http://10.20.0.5:8080' };
const lab = { address: 'fd00::5', network: 'fd00::/64', base: 'http://[fd00::5]:8080' };

describe('the base that faces a site', () => {
  it.each([
    ['of the interface in its network', ['10.20.0.0/24'], null, office.base],
    ['of an interface inside a wider network', ['10.0.0.0/8'], null, office.base],
    ['of an interface around a single phone', ['10.20.0.77/32'], null, office.base],
    ['over IPv6', ['fd00::/48'], null, lab.base],
    ['none for a network that no interface has', ['192.168.9.0/24'], null, null],
    ['the first that is not loopback for a root site without networks', [], null, office.base],
    ['inherited, so none of its own, below a root', [], 'root', null],
  ])('%s', (_, networks, parentId, expected) => {
    expect(findFacingBase({ networks, parentId }, [loopback, office, lab])).toBe(expected);
  });

  it('is loopback where there is nothing else', () => {
    expect(findFacingBase({ networks: [], parentId: null }, [loopback])).toBe(loopback.base);
  });

  it('is none without interfaces, and for text that is no network', () => {
    expect(findFacingBase({ networks: [], parentId: null }, [])).toBeNull();
    expect(findFacingBase({ networks: ['nonsense'], parentId: null }, [office])).toBeNull();
  });
});
