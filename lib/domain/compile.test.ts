import { describe, expect, test } from 'vitest';
import {
  exampleCatalog,
  exampleDevice,
  exampleSite,
  exampleTemplate,
  MAC,
  shippedTemplates,
  TOKEN,
  values,
} from '../../tests/support/catalog.ts';
import type { Catalog } from './catalog.ts';
import { type CompiledFile, compileDevice, compileSite } from './compile.ts';
import type { Device } from './device.ts';
import { hasErrors } from './finding.ts';
import { describeLines, encodeProvenance } from './provenance.ts';

function compileFile(
  name: string,
  device: Device = exampleDevice(),
  catalog: Catalog = exampleCatalog(),
): CompiledFile {
  const { files, findings } = compileDevice(catalog, device, { token: TOKEN });
  const file = files.find((each) => each.name === name);
  if (!file || hasErrors(findings)) throw new Error(`${name}: ${JSON.stringify(findings)}`);
  return file;
}

/** `text <- path (from)` of the lines that begin with a key. */
function traceOf(file: CompiledFile, ...keys: readonly string[]): string[] {
  const lines = describeLines(file.text, encodeProvenance(file));
  return lines
    .filter((line) => keys.some((key) => line.text.startsWith(`${key}=`)))
    .map(
      (line) =>
        `${line.text} <- ${line.origins.map((origin) => `${origin.path} (${origin.from})`).join(', ')}`,
    );
}

function settingsOf(file: CompiledFile): Map<string, string> {
  const pairs = file.text.split('\n').flatMap((line): [string, string][] => {
    const at = line.indexOf('=');
    return line.startsWith('#') || at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)]];
  });
  return new Map(pairs);
}

describe('the files of a device', () => {
  test('are its account file, its boot file and its own copies of the common files', () => {
    const { files } = compileDevice(exampleCatalog(), exampleDevice(), { token: TOKEN });
    expect(files.map(({ name, role }) => `${name} ${role}`)).toEqual([
      'y000000000000.cfg common',
      'y000000000000.boot boot',
      `${MAC}.cfg main`,
      `${MAC}.boot boot`,
    ]);
  });

  test('say of every line where it comes from', () => {
    const device = exampleDevice({
      variables: values({ timezone: 'Europe/Berlin' }),
      parameters: values({ 'features.pound_key.mode': '1' }),
    });
    const catalog = exampleCatalog();
    const sites = new Map(catalog.sites).set(
      'hq',
      exampleSite({ variables: values({ ntpServer: 'ntp.hq.example' }) }),
    );
    const file = compileFile(`${MAC}.cfg`, device, { ...catalog, sites });
    expect(
      traceOf(
        file,
        'account.1.user_name',
        'account.1.password',
        'account.1.sip_server_host',
        'local_time.ntp_server1',
        'local_time.time_zone',
        'linekey.2.value',
        'lang.gui',
        'features.pound_key.mode',
        'auto_provision.server.url',
      ),
    ).toEqual([
      'local_time.time_zone=+1 <- timezone (this phone)',
      'local_time.ntp_server1=ntp.hq.example <- ntpServer (site HQ)',
      'lang.gui=English <- language (shipped default)',
      'auto_provision.server.url=•••••• <- provisioningUrl (this phone)',
      'account.1.user_name=1001 <- lines[1].account.userName (this phone)',
      'account.1.password=•••••• <- lines[1].account.password (this phone)',
      'account.1.sip_server_host=pbx.example.net <- lines[1].registrar.host (site HQ)',
      'linekey.2.value=1002 <- keys[2].value (this phone)',
      'features.pound_key.mode=1 <- parameters.features.pound_key.mode (this phone)',
    ]);
  });

  test('name the template line of each line', () => {
    const file = compileFile(`${MAC}.cfg`);
    const line = describeLines(file.text, encodeProvenance(file)).find((each) =>
      each.text.startsWith('account.2.enable='),
    );
    expect(line?.source).toEqual({
      kind: 'template',
      templateId: 'shipped-{mac}.cfg',
      name: '{mac}.cfg',
      version: 1,
      line: 11,
    });
  });

  test('emit every slot of the model, unused ones off', () => {
    const settings = settingsOf(compileFile(`${MAC}.cfg`));
    expect([1, 2, 8].map((index) => settings.get(`account.${index}.enable`))).toEqual(['1', '0', '0']);
    expect(settings.get('account.8.user_name')).toBe('');
    expect([1, 2, 21].map((index) => settings.get(`linekey.${index}.type`))).toEqual(['0', '16', '0']);
    expect(settings.has('account.9.enable')).toBe(false);
    expect(settings.has('linekey.22.type')).toBe(false);
  });

  test('carry both generations of parameter names', () => {
    const settings = settingsOf(compileFile(`${MAC}.cfg`));
    expect(settings.get('account.1.sip_server_host')).toBe('pbx.example.net');
    expect(settings.get('account.1.sip_server.1.address')).toBe('pbx.example.net');
    expect(settings.get('linekey.2.pickup_value')).toBe('*8');
    expect(settings.get('linekey.2.extension')).toBe('*8');
  });

  test('are the same bytes whatever the order of what they are made of', () => {
    const catalog = exampleCatalog();
    const device = exampleDevice({
      parameters: values({ 'b.x': '1', 'a.x': '2' }),
      variables: values({ language: 'de' }),
    });
    const reordered: Catalog = {
      ...catalog,
      templates: [...catalog.templates].reverse(),
      sites: new Map([...catalog.sites].reverse()),
      models: new Map([...catalog.models].reverse()),
    };
    const [one, other] = [catalog, reordered].map((each) =>
      compileDevice(each, device, { token: TOKEN }).files.map((file) => file.text),
    );
    expect(other).toEqual(one);
  });

  test('of a suspended phone clear every account and key', () => {
    const parameters = values({ 'account.1.user_name': 'sneaky' });
    const settings = settingsOf(compileFile(`${MAC}.cfg`, exampleDevice({ state: 'suspended', parameters })));
    const used = [...settings].filter(
      ([key, value]) =>
        /^account\.\d+\.(enable|user_name|password)$/.test(key) && value !== '' && value !== '0',
    );
    expect(used).toEqual([]);
    expect(settings.get('linekey.2.type')).toBe('0');
  });

  test('of a phone without lines compile', () => {
    expect(
      settingsOf(compileFile(`${MAC}.cfg`, exampleDevice({ lines: [], keys: [] }))).get('account.1.enable'),
    ).toBe('0');
  });

  test('leave our URLs out, with a warning, while no base is known', () => {
    const { files, findings } = compileDevice(exampleCatalog({ installationBase: null }), exampleDevice(), {
      token: TOKEN,
    });
    expect(findings).toMatchObject([{ severity: 'warning', code: 'no-base-url' }]);
    expect(files.some((file) => file.text.includes('auto_provision.server.url'))).toBe(false);
  });
});

describe('templates that match a device', () => {
  const own = (changes: Parameters<typeof exampleTemplate>[0]): Catalog =>
    exampleCatalog({ templates: [...shippedTemplates(), exampleTemplate(changes)] });

  test.each([
    ['of its site', { siteId: 'hq' }, true],
    ['of a site above', { siteId: 'root' }, true],
    ['of another site', { siteId: 'elsewhere' }, false],
    ['of its model', { models: ['flyingvoice/fip14g'] }, true],
    ['of another model', { models: ['flyingvoice/fip10'] }, false],
    ['of another vendor', { vendor: 'yealink' }, false],
  ])('%s', (_what, scope, applies) => {
    const settings = settingsOf(compileFile(`${MAC}.cfg`, exampleDevice(), own({ ...scope, body: 'x.y=1' })));
    expect(settings.has('x.y')).toBe(applies);
  });

  test('stack: the more specific one wins, in the place of the first appearance', () => {
    const templates = [
      ...shippedTemplates(),
      exampleTemplate({
        id: 'model',
        models: ['flyingvoice/fip14g'],
        siteId: 'root',
        body: 'x.y=model\nx.z=model',
      }),
      exampleTemplate({ id: 'root', siteId: 'root', body: 'x.y=root' }),
      exampleTemplate({ id: 'hq', siteId: 'hq', body: 'account.1.label=Front\nx.z=hq' }),
    ];
    const file = compileFile(`${MAC}.cfg`, exampleDevice(), exampleCatalog({ templates }));
    const settings = settingsOf(file);
    expect([settings.get('x.y'), settings.get('x.z'), settings.get('account.1.label')]).toEqual([
      'model',
      'hq',
      'Front',
    ]);
    expect(file.text.indexOf('account.1.label')).toBeLessThan(file.text.indexOf('account.1.user_name'));
  });

  test('that replace cut off what is below them', () => {
    const body = 'account.1.enable={{ lines[0].enabled | as: "onOff" }}';
    const settings = settingsOf(
      compileFile(`${MAC}.cfg`, exampleDevice(), own({ mode: 'replace', siteId: 'hq', body })),
    );
    expect(settings.has('account.2.enable')).toBe(false);
    expect(settings.get('account.1.enable')).toBe('1');
    expect(settings.has('lang.gui')).toBe(true);
  });

  test('a further common file becomes part of the account file too', () => {
    const catalog = own({ name: 'time.cfg', siteId: 'hq', body: 'local_time.dhcp_time=0' });
    const { files } = compileDevice(catalog, exampleDevice(), { token: TOKEN });
    expect(files.map((file) => file.name)).toContain('time.cfg');
    expect(settingsOf(compileFile(`${MAC}.cfg`, exampleDevice(), catalog)).get('local_time.dhcp_time')).toBe(
      '0',
    );
  });

  test('a boot template without the account file gets it as its last line', () => {
    const body = '#!version:1.0.0.1\ninclude:config "y000000000000.cfg"\n';
    const file = compileFile(
      `${MAC}.boot`,
      exampleDevice(),
      own({ name: '{mac}.boot', kind: 'boot', siteId: 'hq', body }),
    );
    expect(file.text).toBe(
      `#!version:1.0.0.1\ninclude:config "y000000000000.cfg"\ninclude:config "${MAC}.cfg"\n`,
    );
  });
});

describe('the common files of a site', () => {
  test('hold its own layers and nothing of a device', () => {
    const site = exampleSite({ variables: values({ timezone: 'Asia/Tokyo' }) });
    const catalog = exampleCatalog();
    const { files, findings } = compileSite(
      { ...catalog, sites: new Map(catalog.sites).set('hq', site) },
      site,
      'flyingvoice',
    );
    expect(findings).toEqual([]);
    expect(files.map((file) => file.name)).toEqual(['y000000000000.cfg', 'y000000000000.boot']);
    expect(files[0]?.text).toContain('local_time.time_zone=+9\n');
    expect(files.map((file) => file.text).join()).not.toMatch(/account\.|0021f2/);
  });

  test('leave templates that name a model to the phones of that model', () => {
    const template = exampleTemplate({
      name: 'y000000000000.cfg',
      models: ['flyingvoice/fip14g'],
      body: 'x.y=1',
    });
    const catalog = exampleCatalog({ templates: [...shippedTemplates(), template] });
    expect(compileSite(catalog, exampleSite(), 'flyingvoice').files[0]?.text).not.toContain('x.y');
    expect(compileFile('y000000000000.cfg', exampleDevice(), catalog).text).toContain('x.y=1');
  });
});

describe('a template that mishandles a secret', () => {
  const device = exampleDevice({ variables: values({ adminPassword: 'adm1n=secret' }, true) });

  test.each([
    ['is told without it when the line is no setting', '{{ lines[0].account.password }}', 'malformed-file'],
    ['cannot make it a name', '{{ lines[0].account.password }}=1', 'malformed-file'],
    ['cannot make it a part of a name', 'a.{{ lines[0].account.password }}.b=1', 'malformed-file'],
    ['cannot make it a name through its own equals sign', '{{ adminPassword }}', 'malformed-file'],
    ['cannot ask for what it calls', 'x={{ lines[adminPassword] }}', 'undeclared-variable'],
    ['cannot translate by it', 'x={{ 1 | as: adminPassword }}', 'template-syntax'],
    ['cannot have it translated', 'x={{ adminPassword | as: "timeZone" }}', 'not-expressible'],
    ['cannot include it', 'include:config "{{ adminPassword }}.cfg"', 'include-not-served', '{mac}.boot'],
    ['cannot hide it in an escape', 'include:config "%zz.cfg"', 'include-not-served', '{mac}.boot'],
  ])('%s: %s', (_, body, code, name = '{mac}.cfg') => {
    const kind = name.endsWith('.boot') ? 'boot' : 'cfg';
    const templates = [...shippedTemplates(), exampleTemplate({ name, kind, siteId: 'hq', body })];
    const { files, findings } = compileDevice(exampleCatalog({ templates }), device, { token: TOKEN });
    expect(findings.map((finding) => finding.code)).toContain(code);
    const shown = files.flatMap((file) =>
      describeLines(file.text, encodeProvenance(file)).map(({ text }) => text),
    );
    expect(JSON.stringify([findings, shown])).not.toMatch(/s3cret|adm1n/);
  });
});

test('masked text hides every secret and keeps every other byte', () => {
  const device = exampleDevice({
    variables: values({ adminPassword: 'adm1n-secret' }, true),
    parameters: values({ 'auto_provision.server.password': 'param-secret' }, true),
  });
  const file = compileFile(`${MAC}.cfg`, device);
  const masked = describeLines(file.text, encodeProvenance(file)).map((line) => line.text);
  expect(masked.join('\n')).not.toMatch(/s3cret|adm1n-secret|param-secret|abcdefghijklmnopqrstuvwxyz/);
  const kept = masked.filter((line) => !line.includes('••••••'));
  expect(file.text.split('\n')).toEqual(expect.arrayContaining(kept));
  expect(masked.filter((line) => line.includes('••••••')).map((line) => line.split('=')[0])).toEqual([
    'auto_provision.server.url',
    'static.auto_provision.server.url',
    'static.security.user_password',
    'account.1.password',
    'auto_provision.server.password',
  ]);
});
