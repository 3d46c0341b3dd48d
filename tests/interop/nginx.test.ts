import path from 'node:path';
import { expect, test } from 'vitest';
import { runInNamespace } from '../support/namespace.ts';
import type { SceneResult } from './proxy-scene.ts';

const SERVED = '200 secret';
const REFUSED = '404 nothing';

test('behind nginx, from a public address and through a bridge, no secret comes out on a plain path', async () => {
  const { answers } = await runInNamespace<SceneResult>(path.join(import.meta.dirname, 'proxy-scene.ts'));
  expect(answers).toEqual({
    'direct from the phone LAN': SERVED,
    'direct from loopback': SERVED,
    'direct from the public': REFUSED,
    'direct from the bridge': REFUSED,
    'direct from the public, naming a phone': REFUSED,
    'direct from the public, by token': SERVED,
    'unknown proxy, public': REFUSED,
    'unknown proxy with X-Real-IP, public': REFUSED,
    'unknown proxy with Via, public': REFUSED,
    'unknown proxy, public naming a phone': REFUSED,
    'unknown proxy, phone LAN': REFUSED,
    'unknown proxy over the bridge, public': REFUSED,
    'unknown proxy, public, by token': SERVED,
    'trusted proxy, public': REFUSED,
    'trusted proxy, phone LAN': SERVED,
    'trusted proxy, public naming a phone': REFUSED,
    'trusted proxy, public naming a phone as X-Real-IP': REFUSED,
    'trusted proxy with X-Real-IP, public naming a phone': REFUSED,
    'trusted proxy with X-Real-IP, phone LAN': SERVED,
    'trusted proxy with Via alone, public': REFUSED,
    'trusted proxy over the bridge, phone LAN': SERVED,
    'trusted proxy over the bridge, public': REFUSED,
  });
});
