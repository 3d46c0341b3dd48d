/** Compiles one full FIP14G over and over, by the method that it is asked for. */
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { Liquid } from 'liquidjs';
import { createCompiler } from '#lib/compiler/pool.ts';
import { compileDevice } from '#lib/domain/compile.ts';
import { deviceFacts } from '#lib/domain/facts.ts';
import { Tracked } from '#lib/domain/tracked.ts';
import type { TranslationKind } from '#lib/domain/vendor.ts';
import { flyingvoice } from '#lib/domain/vendors/flyingvoice.ts';
import { exampleCatalog, TOKEN } from '../../tests/support/catalog.ts';
import { fullPhone } from '../full-phone.ts';
import { type Ask, answerAsks } from './asked.ts';

const catalog = exampleCatalog();
const device = fullPhone(catalog, 'flyingvoice/fip14g');
const compiler = createCompiler();
const job = { kind: 'device', device, token: TOKEN } as const;

const METHODS: Readonly<Record<string, () => unknown>> = {
  pool: async () => (await compiler.compile(catalog, [job]))[0]?.ok || fail(),
  function: () => compileDevice(catalog, device, { token: TOKEN }).files.length > 0 || fail(),
  liquid: prepareLiquid(),
  concatenation: prepareConcatenation(),
};

answerAsks({}, (ask) => (ask.kind === 'compile' ? compileRepeatedly(ask) : null));

async function compileRepeatedly({ method, count }: Extract<Ask, { kind: 'compile' }>): Promise<object> {
  const compile = METHODS[method] ?? fail();
  const latenciesMs: number[] = [];
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  for (let done = 0; done < count; done += 1) {
    const at = performance.now();
    await compile();
    latenciesMs.push(performance.now() - at);
  }
  const ms = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  return { latenciesMs, ms, cpuUs: user + system };
}

/** The shipped templates, parsed once, over plain values. */
function prepareLiquid(): () => unknown {
  const liquid = new Liquid();
  liquid.registerFilter(
    'as',
    (value, kind: TranslationKind) => flyingvoice.translate(kind, value).text ?? '',
  );
  const templates = flyingvoice.templates.map(({ body }) => liquid.parse(body));
  const model = catalog.models.get(device.model ?? '') ?? fail();
  const facts = plain(deviceFacts(catalog, device, { vendor: flyingvoice, model, token: TOKEN })) as object;
  return () => templates.map((template) => liquid.renderSync(template, facts));
}

function plain(value: unknown): unknown {
  if (value instanceof Tracked) return value.value;
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
}

/** The same lines, from keys and values that are there already. */
function prepareConcatenation(): () => unknown {
  const files = compileDevice(catalog, device, { token: TOKEN }).files.map(({ text }) =>
    text.split('\n').map((line) => line.split('=')),
  );
  return () =>
    files.map((lines) => {
      let text = '';
      for (const [key, value] of lines) text += value === undefined ? `${key}\n` : `${key}=${value}\n`;
      return Buffer.from(text);
    });
}

function fail(): never {
  throw new Error('nothing was compiled');
}
