import { describe, expect, test } from 'vitest';
import { parseNetwork } from '#lib/system/network.ts';
import { identifySource, plainAddress, type RequestHeaders } from './client-address.ts';

const TRUSTED = ['127.0.0.1', '10.0.0.0/24', '2001:db8:1::/64'].flatMap((text) => {
  const network = parseNetwork(text);
  return network.ok ? [network.value] : [];
});

describe('a peer that is no trusted proxy', () => {
  test('without forwarding headers counts as itself', () => {
    expect(identifySource('192.0.2.1', { 'user-agent': 'x' }, TRUSTED)).toEqual({
      address: '192.0.2.1',
      via: 'direct',
    });
    expect(identifySource('127.0.0.1', {}, [])).toEqual({ address: '127.0.0.1', via: 'direct' });
  });

  test.each<[RequestHeaders]>([
    [{ 'x-forwarded-for': '10.0.0.5' }],
    [{ 'x-forwarded-proto': 'http' }],
    [{ 'x-forwarded-host': 'provost' }],
    [{ forwarded: 'for=10.0.0.5' }],
    [{ 'x-real-ip': '127.0.0.1' }],
    [{ via: '1.1 nginx' }],
    [{ 'true-client-ip': '10.0.0.5' }],
    [{ 'x-forwarded-for': '' }],
  ])('with %j counts as a forwarder, not as whom it names', (headers) => {
    expect(identifySource('127.0.0.1', headers, [])).toEqual({
      address: '127.0.0.1',
      via: 'untrusted-forwarder',
    });
  });
});

describe('a trusted proxy', () => {
  test.each<[string, RequestHeaders, string]>([
    ['names its client', { 'x-forwarded-for': '198.51.100.7' }, '198.51.100.7'],
    ['is read from the right', { 'x-forwarded-for': '127.0.0.1, 198.51.100.7' }, '198.51.100.7'],
    ['may stand behind another', { 'x-forwarded-for': '9.9.9.9, 198.51.100.7, 10.0.0.9' }, '198.51.100.7'],
    ['may have a trusted client', { 'x-forwarded-for': '10.0.0.8, 10.0.0.9' }, '10.0.0.8'],
    ['may add a port', { 'x-forwarded-for': '198.51.100.7:1234' }, '198.51.100.7'],
    ['may write IPv6 in brackets', { 'x-forwarded-for': '[2001:db8::7]:1234' }, '2001:db8::7'],
    ['may map IPv4 into IPv6', { 'x-forwarded-for': '::ffff:198.51.100.7' }, '198.51.100.7'],
    ['may speak RFC 7239', { forwarded: 'for=9.9.9.9, for="[2001:db8::7]:4711";proto=http' }, '2001:db8::7'],
    ['may say X-Real-IP alone', { 'x-real-ip': '198.51.100.7' }, '198.51.100.7'],
    [
      'may say X-Real-IP of the proxy before it',
      { 'x-forwarded-for': '198.51.100.7, 10.0.0.9', 'x-real-ip': '10.0.0.9' },
      '198.51.100.7',
    ],
    [
      'may say both and agree',
      { 'x-forwarded-for': '9.9.9.9', forwarded: 'for=9.9.9.9', via: '1.1 x' },
      '9.9.9.9',
    ],
  ])('%s', (_title, headers, address) => {
    expect(identifySource('127.0.0.1', headers, TRUSTED)).toEqual({ address, via: 'proxy' });
    expect(identifySource('::ffff:127.0.0.1', headers, TRUSTED)).toEqual({ address, via: 'proxy' });
  });

  test.each<[string, RequestHeaders]>([
    ['an address that is none', { 'x-forwarded-for': '10.0.0.5, unknown' }],
    ['a hidden one', { forwarded: 'for=_hidden' }],
    ['an element without for', { forwarded: 'proto=http' }],
    [
      'a header of the client that contradicts',
      { 'x-forwarded-for': '10.1.1.1', 'x-real-ip': '198.51.100.7' },
    ],
    ['two kinds that differ', { 'x-forwarded-for': '198.51.100.7', forwarded: 'for=10.1.1.1' }],
    ['an octal address', { 'x-forwarded-for': '0177.0.0.1' }],
    ['an empty list', { 'x-forwarded-for': '' }],
  ])('with %s is not believed', (_title, headers) => {
    expect(identifySource('127.0.0.1', headers, TRUSTED).via).toBe('untrusted-forwarder');
  });

  test.each<[RequestHeaders]>([[{}], [{ via: '1.1 nginx' }]])('that says %j names nobody', (headers) => {
    expect(identifySource('127.0.0.1', headers, TRUSTED).via).toBe('silent-proxy');
  });
});

test.each([
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['10.0.0.1', '10.0.0.1'],
  ['::1', '::1'],
])('%s is %s', (address, plain) => {
  expect(plainAddress(address)).toBe(plain);
});
