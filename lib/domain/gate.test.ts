import { describe, expect, test } from 'vitest';
import {
  exampleCatalog,
  exampleDevice,
  exampleTemplate,
  MAC,
  shippedTemplates,
  TOKEN,
  values,
} from '../../tests/support/catalog.ts';
import { compileDevice } from './compile.ts';
import type { Device } from './device.ts';
import type { Finding } from './finding.ts';
import { gateDevice, gateEntry } from './gate.ts';
import { literal } from './origin.ts';
import type { Template } from './template.ts';
import { flyingvoice } from './vendors/flyingvoice.ts';

function errorsOf(device: Device, ...templates: readonly Template[]): Finding[] {
  const catalog = exampleCatalog({ templates: [...shippedTemplates(), ...templates] });
  const { findings } = compileDevice(catalog, device, { token: TOKEN });
  return findings.filter((finding) => finding.severity === 'error');
}

function accountWith(changes: Readonly<Record<string, string>>): Device {
  const device = exampleDevice();
  return {
    ...device,
    lines: device.lines.map((line) => ({
      ...line,
      account: line.account && { ...line.account, ...changes },
    })),
  };
}

describe('a template is refused for', () => {
  test.each([
    ['a name that nobody declared', { body: '\nx={{ foo }}' }, 'undeclared-variable', 2],
    [
      'a device in a common file',
      { name: 'y000000000000.cfg', body: 'x={{ device.mac }}' },
      'undeclared-variable',
      1,
    ],
    ['a block that does not end', { body: '{% if timezone %}' }, 'template-syntax', 1],
    ['a line that is no setting', { body: 'x=1\nnonsense' }, 'malformed-file', 2],
    ['a key that it sets twice', { body: 'x=1\ny=2\nx=3' }, 'duplicate-key', 3],
    ['a secret written into it', { body: 'account.2.password=hunter2' }, 'literal-secret', 1],
    [
      'a carriage return',
      { body: '{% assign x = ntpServer | append: "\r" %}x={{ x }}' },
      'line-break-in-value',
      1,
    ],
    ['a NUL', { body: 'x=a\0b' }, 'value-not-representable', 1],
    [
      'a secret in a common file',
      { name: 'y000000000000.cfg', body: 'x={{ adminPassword }}' },
      'secret-in-common-file',
      null,
    ],
    [
      'a MAC in a common file',
      { name: 'y000000000000.cfg', body: 'x=00:21:f2:22:b0:1e' },
      'mac-in-common-file',
      null,
    ],
    [
      'an include that nothing serves',
      { name: '{mac}.boot', kind: 'boot', body: 'include:config "other.cfg"' },
      'include-not-served',
      2,
    ],
    [
      'an include without quotes',
      { name: '{mac}.boot', kind: 'boot', body: 'include:config time.cfg' },
      'malformed-file',
      2,
    ],
  ] as const)('%s', (_what, changes, code, line) => {
    const device = exampleDevice({ variables: values({ adminPassword: 'adm1n' }, true) });
    const errors = errorsOf(device, exampleTemplate({ siteId: 'hq', ...changes }));
    expect(errors.map((error) => error.code)).toContain(code);
    const error = errors.find((each) => each.code === code);
    if (line !== null) expect(error?.line).toBe(line);
    expect(error?.file).not.toBeNull();
    expect(`${error?.reason} ${error?.fix}`).not.toMatch(/hunter2|adm1n|s3cret/);
  });
});

describe('a device is refused for', () => {
  const device = exampleDevice();
  const line = device.lines[0];
  const key = device.keys[0];
  if (!line || !key) throw new Error('the example has a line and a key');

  test.each([
    [
      'a line break in a display name',
      accountWith({ displayName: 'Anna\naccount.1.sip_server_host=evil' }),
      'line-break-in-value',
    ],
    ['a Unicode line separator', accountWith({ displayName: 'Anna\u2028B' }), 'line-break-in-value'],
    ['a NUL in a user name', accountWith({ userName: '10\0' }), 'value-not-representable'],
    ['a password with blanks at its end', accountWith({ password: 'secret ' }), 'value-not-representable'],
    ['more lines than the model has', { ...device, lines: [{ ...line, index: 9 }] }, 'too-many-lines'],
    ['more keys than the model has', { ...device, keys: [{ ...key, index: 22 }] }, 'too-many-keys'],
    ['a key of a module that is not attached', { ...device, keys: [{ ...key, module: 1 }] }, 'too-many-keys'],
    ['a model that nobody knows', { ...device, model: 'flyingvoice/fip99' }, 'unknown-model'],
    ['no model', { ...device, model: null }, 'unknown-model'],
    [
      'a URL longer than the phone takes',
      { ...device, variables: values({ firmwareUrl: `http://x/${'a'.repeat(380)}` }) },
      'url-too-long',
    ],
    [
      'a parameter whose name is none',
      { ...device, parameters: values({ 'a b': '1' }) },
      'value-not-representable',
    ],
    [
      'a parameter with a line break',
      { ...device, parameters: values({ a: '1\n2' }) },
      'line-break-in-value',
    ],
  ] as const)('%s', (_what, refused, code) => {
    const errors = errorsOf(refused);
    expect(errors.map((error) => error.code)).toContain(code);
    expect(JSON.stringify(errors)).not.toContain('s3cret');
  });

  test('nothing, when it is suspended: a phone must always be able to lose its accounts', () => {
    expect(errorsOf({ ...accountWith({ displayName: 'a\nb' }), state: 'suspended' })).toEqual([]);
  });
});

test('a value with quotes, markup and equals signs is no reason to refuse', () => {
  expect(errorsOf(accountWith({ displayName: `Anna "B" <b@x> & co = 'x' \${y} {{ z }} %s` }))).toEqual([]);
});

test('an empty value is refused where empty resets to factory and nobody wrote clear', () => {
  const vendor = { ...flyingvoice, emptyMeansReset: true };
  const entry = vendor.codec.parameter('lang.gui', literal(''), { kind: 'device' });
  expect(gateEntry(vendor, entry)).toMatchObject({ code: 'empty-value-resets' });
  const cleared = { ...entry, lines: entry.lines.map((each) => ({ ...each, cleared: true })) };
  expect(gateEntry(vendor, cleared)).toBeNull();
});

test('a boot file that never leads to the account file is refused', () => {
  const stray = {
    ...flyingvoice,
    walk: () => ({ applied: [], missing: [], malformed: [], cycle: ['a.boot', 'b.boot', 'a.boot'] }),
  };
  const catalog = exampleCatalog();
  const device = exampleDevice();
  const { files } = compileDevice(catalog, device, { token: TOKEN });
  const model = catalog.models.get('flyingvoice/fip14g');
  if (!model) throw new Error('the example has a model');
  const codes = gateDevice({ catalog, device, vendor: stray, model, files, facts: {} }).map(
    (finding) => finding.code,
  );
  expect(codes).toEqual(['include-cycle', 'account-file-unreachable']);
  expect(files.map((file) => file.name)).toContain(`${MAC}.cfg`);
});
