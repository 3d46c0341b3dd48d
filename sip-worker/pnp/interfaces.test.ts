import { describe, expect, it } from 'vitest';
import { findFacing, listSubnets, makeSubnet, readAddress } from './interfaces.ts';

describe('readAddress', () => {
  it.each([
    ['0.0.0.0', 0],
    ['192.168.0.1', 0xc0a80001],
    ['255.255.255.255', 0xffffffff],
    ['256.0.0.1', null],
    ['1.2.3', null],
    ['1.2.3.4.5', null],
    ['1..2.3', null],
    ['.1.2.3', null],
    ['1.2.3.', null],
    ['::1', null],
    ['', null],
  ])('%j is %s', (text, value) => expect(readAddress(text)).toBe(value));
});

describe('findFacing', () => {
  const wide = makeSubnet('eth0', '10.0.0.1', '255.0.0.0');
  const narrow = makeSubnet('eth1', '10.9.0.1', '255.255.255.0');
  const twin = makeSubnet('eth2', '10.9.0.2', '255.255.255.0');
  const all = [...wide, ...narrow, ...twin];
  const names = (address: string) => findFacing(all, address).map(({ name }) => name);

  it('prefers the narrowest subnet and shows those that share it', () => {
    expect(names('10.1.2.3')).toEqual(['eth0']);
    expect(names('10.9.0.77')).toEqual(['eth1', 'eth2']);
    expect(names('192.168.1.1')).toEqual([]);
    expect(names('2001:db8::1')).toEqual([]);
  });
});

describe('listSubnets', () => {
  it('finds loopback by name and by address, and nothing under an unknown name', () => {
    const loopback = listSubnets(['127.0.0.1']);
    expect(loopback).toMatchObject([{ address: '127.0.0.1', network: 0x7f000000 }]);
    expect(listSubnets([loopback[0]?.name ?? ''])).toEqual(loopback);
    expect(listSubnets(['no such interface'])).toEqual([]);
  });
});
