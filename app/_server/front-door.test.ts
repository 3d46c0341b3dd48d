import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { parseNetwork } from '#lib/system/network.ts';
import { cleanHeaders, cleanRequests, cleanUrl } from './front-door.ts';

const proxies = ['10.0.0.0/8'].flatMap((text) => {
  const network = parseNetwork(text);
  return network.ok ? [network.value] : [];
});

it('believes nobody who is not a trusted proxy about where the request comes from', () => {
  const headers = {
    'x-forwarded-for': '1.1.1.1',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    host: 'console:3000',
  };
  cleanHeaders(headers, { peer: '::ffff:192.0.2.7', trustedProxies: proxies });
  expect(headers).toEqual({
    'x-forwarded-for': '::ffff:192.0.2.7',
    host: 'console:3000',
  });
});

it('reads the client from the right of what trusted proxies wrote, and keeps their other headers', () => {
  const headers = {
    'x-forwarded-for': '6.6.6.6, 192.0.2.7, 10.0.0.2',
    'x-forwarded-proto': 'https',
  };
  cleanHeaders(headers, { peer: '10.0.0.1', trustedProxies: proxies });
  expect(headers).toEqual({
    'x-forwarded-for': '192.0.2.7',
    'x-forwarded-proto': 'https',
  });
});

it('drops the headers that frameworks keep among themselves', () => {
  const headers = {
    'x-middleware-subrequest': 'proxy:proxy:proxy:proxy:proxy',
    'x-nextjs-data': '1',
    'x-invoke-path': '/phones',
    'next-action': 'x',
  };
  cleanHeaders(headers, { peer: '10.0.0.1', trustedProxies: proxies });
  expect(headers).toEqual({
    'next-action': 'x',
    'x-forwarded-for': '10.0.0.1',
  });
});

it.each([
  ['/api/v1/devices?q=%41%', '/api/v1/devices?q=%41%'],
  ['/phones/%', '/phones/%25'],
  ['/phones/%zz%4', '/phones/%25zz%254'],
  ['/phones/%ff%C3%A4', '/phones/%25ff%25C3%25A4'],
  ['/phones/%C3%A4%2F', '/phones/%C3%A4%2F'],
  ['/phones/%25%2525', '/phones/%25%2525'],
  ['/phones/a%00b?q=%00', '/phones/a%EF%BF%BDb?q=%EF%BF%BD'],
  ['/', '/'],
  ['http://evil.example/phones?a=/', '/phones?a=/'],
  ['HTTPS://evil.example', '/'],
  ['http://evil.example?q=1', '/?q=1'],
])('makes an address of %s that can be decoded', (url, cleaned) => {
  expect(cleanUrl(url)).toBe(cleaned);
});

it('lets nothing through that the framework fails over', async () => {
  cleanRequests([]);
  const server = createServer(({ method, url }, reply) => reply.end(`${method} ${url}`)).listen(
    0,
    '127.0.0.1',
  );
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const [reply] = await once(request({ port, method: 'TRACE', path: '/phones/%' }).end(), 'response');
  expect((await reply.toArray()).join('')).toBe('PROPFIND /phones/%25');
  server.close();
});
