import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import type { FileFact } from './fact.ts';
import { createFileMetrics } from './metrics.ts';

const FACT: FileFact = {
  kind: 'download',
  transport: 'http',
  method: 'GET',
  path: '/d/****/0021f222b01d.cfg',
  status: 200,
  completed: true,
  bytes: 1_000,
  durationMs: 3,
  deviceId: 'd',
  mac: '0021f222b01d',
  siteId: 's',
  rootId: 's',
  revision: 1,
  file: '0021f222b01d.cfg',
  artifact: 'a',
  fileRole: 'main',
  door: 'token',
  tokenIsCurrent: true,
  reasonCode: null,
  reason: null,
  address: '192.0.2.1',
  userAgent: null,
  quiet: false,
};

test('answers are counted by transport, status, door and reason, and read as often as somebody looks', async () => {
  const registry = new Registry();
  const metrics = createFileMetrics(registry);
  metrics.observe(FACT);
  metrics.observe({ ...FACT, completed: false, bytes: 0 });
  metrics.observe({ ...FACT, kind: 'refused', status: 404, door: null, reasonCode: 'bad-path', bytes: 0 });
  metrics.watch('provost_http_connections', 'Open connections', () => 7);
  await registry.metrics();
  const text = await registry.metrics();
  const served = 'transport="http",status="200",door="token",reason="none"';
  expect(text).toContain(`provost_file_answers_total{${served}} 2`);
  expect(text).toContain(`provost_file_bytes_total{${served}} 1000`);
  expect(text).toContain(`provost_file_broken_off_total{${served}} 1`);
  expect(text).toContain(
    'provost_file_answers_total{transport="http",status="404",door="none",reason="bad-path"} 1',
  );
  expect(text).toContain('provost_file_seconds_bucket{le="0.005"} 3');
  expect(text).toContain('provost_http_connections 7');
});
