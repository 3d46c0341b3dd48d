import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import paths from '../../tests/fixtures/http-paths.json' with { type: 'json' };
import sequences from '../../tests/fixtures/request-sequences.json' with { type: 'json' };
import { canonicalName, maskPath, readTarget, readTftpName } from './names.ts';

const readable = paths.cases.filter(
  (each) => each.expected.kind !== 'none' || each.id === 'enum' || each.group === 'traversal',
);

describe('targets as phones send them', () => {
  test.each(readable)('$id: $request.target', ({ id, request, expected }) => {
    const reading = readTarget(request.target);
    if (expected.kind === 'none' && id !== 'enum') {
      expect(reading).toEqual({ door: null });
      return;
    }
    const kind = id === 'enum' ? 'config-device' : expected.kind;
    const mac = id === 'enum' ? '0021f222b01e' : expected.mac;
    expect(reading).toMatchObject({ door: 'plain', name: { kind, mac } });
  });

  const steps = sequences.cases.flatMap((sequence) =>
    sequence.steps.map((step) => ({ id: sequence.id, mac: sequence.device.mac, file: step.file })),
  );
  test.each(steps)('$id: the MAC in $file is found where it is', ({ mac, file }) => {
    const reading = readTarget(`/${file}`);
    expect(reading).toMatchObject({
      door: 'plain',
      name: { mac: file.toLowerCase().includes(mac) ? mac : null },
    });
  });
});

describe('the three doors', () => {
  test.each([
    ['/d/abc/0021f222b01d.cfg', { door: 'token', token: 'abc', name: '0021f222b01d.cfg' }],
    ['//d//abc//0021f222b01d.cfg', { door: 'token', token: 'abc', name: '0021f222b01d.cfg' }],
    ['/d/abc/', { door: 'token', token: 'abc', name: null }],
    ['/d/abc', { door: 'token', token: 'abc', name: null }],
    ['/d/abc/prov/time.cfg', { door: 'token', token: 'abc', name: 'time.cfg' }],
    ['http://10.0.0.1:8080/d/abc/', { door: 'token', token: 'abc', name: null }],
    ['/d/abc/folder/', { door: null }],
    ['/d/abc/../0021f222b01d.cfg', { door: null }],
    ['/d/', { door: null }],
    ['/s/hq/0021f222b01d.cfg', { door: 'site', code: 'hq', name: { mac: '0021f222b01d' } }],
    ['/s/hq/', { door: 'site', code: 'hq', name: null }],
    ['/d', { door: 'plain', name: { text: 'd', kind: 'config-custom' } }],
    ['/', { door: null }],
    ['', { door: null }],
    ['*', { door: null }],
    ['ftp://10.0.0.1/a.cfg', { door: null }],
    ['http://10.0.0.1', { door: null }],
    ['/a%00.cfg', { door: null }],
    ['/a%0d%0ax: y', { door: null }],
    ['/%zz', { door: null }],
    ['/a%25b.cfg', { door: null }],
    ['/a\\b.cfg', { door: null }],
    ['/C:/boot.ini', { door: null }],
    ['/%c3%a4.cfg', { door: null }],
    ['/./a.cfg', { door: null }],
    [`/${'a'.repeat(129)}`, { door: null }],
    [`/${'a/'.repeat(2000)}b`, { door: null }],
    ['/my..file.cfg', { door: 'plain', name: { text: 'my..file.cfg' } }],
    ['/s.xml?x=1&mac=00%3A21%3Af2%3A22%3Ab0%3A1d', { door: 'plain', name: { mac: '0021f222b01d' } }],
    ['/config/0021f222b01d?mac=0021f222b01d&a=b', { door: 'plain', name: { kind: 'device-default' } }],
  ])('%s', (target, expected) => {
    expect(readTarget(target)).toMatchObject(expected);
  });
});

describe('names in TFTP requests', () => {
  test.each([
    ['0021f222b01d.cfg', { door: 'plain', name: { mac: '0021f222b01d' } }],
    ['/0021F222B01D.cfg', { door: 'plain', name: { mac: '0021f222b01d' } }],
    ['prov\\0021f222b01d.cfg', { door: 'plain', name: { text: '0021f222b01d.cfg' } }],
    ['d/abc/0021f222b01d.cfg', { door: 'token', token: 'abc' }],
    ['..\\..\\etc\\passwd', { door: null }],
    ['%2e%2e/%2e%2e/etc/passwd', { door: null }],
    ['a.cfg?mac=0021f222b01d', { door: 'plain', name: { text: 'a.cfg?mac=0021f222b01d' } }],
  ])('%s', (file, expected) => {
    expect(readTftpName(file)).toMatchObject(expected);
  });
});

test.each([
  ['00-21-F2-22-B0-1D.CFG', '0021f222b01d.cfg'],
  ['Config0080F0C571EB.cfg', 'config0080f0c571eb.cfg'],
  ['time.cfg', 'time.cfg'],
])('%s is stored as %s', (text, canonical) => {
  expect(canonicalName(text)).toBe(canonical);
});

test.each([
  ['/d/abcdef/0021f222b01d.cfg', '/d/****/0021f222b01d.cfg'],
  ['//d//abcdef', '//d/****'],
  ['http://user:secret@h/d/abcdef/x?password=y', '/d/****/x'],
  ['/%64/abcdef/x', '/d/****/x'],
  ['d/abcdef/x', 'd/****/x'],
  ['d\\abcdef\\x', 'd/****/x'],
  ['/d%2fabcdef/x', '/d/****/x'],
  ['/proxied/d/abcdef/x', '/proxied/d/****/x'],
  ['/wrong/abcdefghijklmnopqrstuvwxyz/x', '/wrong/****/x'],
  ['/0021f222b01d.cfg', '/0021f222b01d.cfg'],
  ['/a\r\nb', '/a??b'],
])('the timeline shows %j as %s', (path, masked) => {
  expect(maskPath(path)).toBe(masked);
});

test('arbitrary targets never throw, and what they name has no folder in it', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.webPath()), (text) => {
      for (const reading of [readTarget(text), readTarget(`/${text}`), readTftpName(text)]) {
        const name = reading.door === 'plain' ? reading.name.text : '';
        expect(name).not.toMatch(/[/\\]|^\.\.?$/);
      }
    }),
  );
});
