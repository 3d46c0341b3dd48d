import { afterAll, expect, test } from 'vitest';
import {
  exampleCatalog,
  exampleDevice,
  exampleTemplate,
  shippedTemplates,
  TOKEN,
} from '../../tests/support/catalog.ts';
import { createCompiler } from './pool.ts';

const compiler = createCompiler({ timeoutMs: 3_000, heapMb: 96 });
afterAll(() => compiler.close());

const device = { kind: 'device', device: exampleDevice(), token: TOKEN } as const;

test('a device compiles in a thread to the files that the pure function makes', async () => {
  const [outcome] = await compiler.compile(exampleCatalog(), [device]);
  expect(outcome?.ok === true && outcome.files.map((file) => file.name)).toEqual([
    'y000000000000.cfg',
    'y000000000000.boot',
    '0021f222b01d.cfg',
    '0021f222b01d.boot',
  ]);
});

test('a template that outruns the limit is killed, and the device beside it is compiled', async () => {
  const endless = exampleTemplate({
    models: ['flyingvoice/fip10'],
    body: '{% for a in (1..4999) %}{% for b in (1..999) %}{% assign x = b | times: a %}{% endfor %}{% endfor %}',
  });
  const catalog = exampleCatalog({ templates: [...shippedTemplates(), endless] });
  const victim = { ...device, device: exampleDevice({ model: 'flyingvoice/fip10', keys: [] }) };
  const [refused, fine] = await compiler.compile(catalog, [victim, device]);
  expect(refused).toMatchObject({ ok: false, findings: [{ code: 'template-limit' }] });
  expect(fine).toMatchObject({ ok: true });
});
