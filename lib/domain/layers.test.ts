import { expect, test } from 'vitest';
import { values } from '../../tests/support/catalog.ts';
import { resolveLayers } from './layers.ts';

test('the strongest layer wins and says what it beats, strongest first', () => {
  const resolved = resolveLayers([
    { layer: { kind: 'shipped' }, values: values({ timezone: 'UTC' }) },
    {
      layer: { kind: 'site', siteId: 'hq', site: 'HQ' },
      values: values({ timezone: 'Europe/Berlin', language: 'de' }),
    },
    { layer: { kind: 'device' }, values: values({ timezone: 'Asia/Tokyo' }) },
  ]);
  expect(resolved.get('timezone')).toMatchObject({
    value: 'Asia/Tokyo',
    layer: { kind: 'device' },
    setBy: 'Anna',
    beats: [
      { value: 'Europe/Berlin', layer: { kind: 'site' } },
      { value: 'UTC', layer: { kind: 'shipped' } },
    ],
  });
  expect(resolved.get('language')).toMatchObject({ value: 'de', beats: [] });
});

test('null clears what weaker layers say', () => {
  const resolved = resolveLayers([
    { layer: { kind: 'global' }, values: values({ syslogServer: '10.0.0.1' }) },
    { layer: { kind: 'device' }, values: values({ syslogServer: null }) },
  ]);
  expect(resolved.get('syslogServer')?.value).toBeNull();
});
