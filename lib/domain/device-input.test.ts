import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDeviceInput } from './device-input.ts';

function pointersOf(body: unknown): string[] {
  const reading = parseDeviceInput(body);
  return reading.ok ? [] : reading.problems.map((problem) => problem.pointer);
}

describe('a device body', () => {
  it('is read with every member that the contract names', () => {
    const body = {
      model: 'flyingvoice/fip14g',
      site: 'default',
      state: 'active',
      label: 'Reception',
      lines: [
        {
          index: 1,
          enabled: true,
          label: '1001',
          displayName: 'Anna B.',
          userName: '1001',
          authName: '1001',
          password: 's3cret',
          sipServer: 'pbx.example.net',
          sipPort: 5060,
          transport: 'udp',
        },
      ],
      keys: [{ index: 2, type: 'blf', line: 1, value: '1002', label: 'Bob', pickupValue: '*8' }],
      variables: { timezone: 'Europe/Berlin' },
      parameters: { 'features.pound_key.mode': '1' },
      tags: [],
      externalId: 'sub-4711',
    };
    expect(parseDeviceInput(body)).toEqual({ ok: true, value: body });
  });

  it.each([
    [{ variables: { phonebookName: 'a\ud800' } }, '/variables/phonebookName', 'well-formed Unicode'],
    [{ parameters: { 'a\nb': 'x' } }, '/parameters/a\nb', 'as a name, must not contain a line break'],
    [{ parameters: { '': 'x' } }, '/parameters/', 'as a name, must not be empty'],
  ])('with text that fits no file says why: %j', (body, pointer, detail) => {
    expect(parseDeviceInput(body)).toMatchObject({
      ok: false,
      problems: [{ pointer, detail: expect.stringContaining(detail) }],
    });
  });

  it('may be empty', () => {
    expect(parseDeviceInput({})).toEqual({ ok: true, value: {} });
  });

  it('may repeat read-only members of a reply', () => {
    const body = { id: 'x', version: 3, lines: [{ index: 1, hasPassword: true, shared: false }] };
    expect(parseDeviceInput(body)).toEqual({ ok: true, value: { lines: [{ index: 1 }] } });
  });

  it.each([
    [{ label: 'a\nb' }, '/label'],
    [{ label: 'a\0b' }, '/label'],
    [{ label: 'a\rb' }, '/label'],
    [{ label: 'x'.repeat(129) }, '/label'],
    [{ label: '\ud800' }, '/label'],
    [{ lines: [{ index: 1, password: 'a\r\nb' }] }, '/lines/0/password'],
    [{ lines: [{ index: 0 }] }, '/lines/0/index'],
    [{ lines: [{ index: 1 }, { index: 1 }] }, '/lines/1/index'],
    [{ lines: [{ index: 1, sipPort: 70000 }] }, '/lines/0/sipPort'],
    [{ lines: [{ index: 1, sipServer: 'pbx.example.net:5061' }] }, '/lines/0/sipServer'],
    [{ lines: [{ index: 1, sipServer: 'http://pbx' }] }, '/lines/0/sipServer'],
    [{ lines: [{ index: 1, sipServer: '999.1.1.1' }] }, '/lines/0/sipServer'],
    [{ lines: [{ index: 1, sipServer: '10.0.1' }] }, '/lines/0/sipServer'],
    [{ lines: [{ index: 1, transport: 'sctp' }] }, '/lines/0/transport'],
    [{ lines: [{ index: 1, account: 'not-an-id' }] }, '/lines/0/account'],
    [{ keys: [{ index: 1, type: 'teleport' }] }, '/keys/0/type'],
    [{ keys: [{ index: 1 }, { module: 0, index: 1 }] }, '/keys/1/index'],
    [{ variables: { timezone: 'Mars/Olympus' } }, '/variables/timezone'],
    [{ variables: { 'a/b': 1 } }, '/variables/a~1b'],
    [{ parameters: { 'x.y': 'a\nb' } }, '/parameters/x.y'],
    [{ tags: ['a', ''] }, '/tags/1'],
    [{ state: 'gone' }, '/state'],
    [{ model: 'FIP14G' }, '/model'],
    [[], ''],
    [null, ''],
  ])('%j is refused at %s', (body, pointer) => {
    expect(pointersOf(body)).toContain(pointer);
  });

  it('suggests the name that was meant', () => {
    const reading = parseDeviceInput({ lables: 'x', lines: [{ index: 1, username: '1' }] });
    expect(reading).toEqual({
      ok: false,
      problems: [
        {
          pointer: '/lines/0/username',
          detail: 'there is no member "username"; did you mean "userName"?',
          code: 'unknown-member',
        },
        {
          pointer: '/lables',
          detail: 'there is no member "lables"; did you mean "label"?',
          code: 'unknown-member',
        },
      ],
    });
  });

  it('reports every problem at once', () => {
    expect(pointersOf({ label: 'a\n', location: 'b\n', model: 'x' })).toEqual([
      '/model',
      '/label',
      '/location',
    ]);
  });

  it('takes an IPv6 address as server, with and without brackets', () => {
    expect(pointersOf({ lines: [{ index: 1, sipServer: '[2001:db8::1]' }] })).toEqual([]);
    expect(pointersOf({ lines: [{ index: 1, sipServer: '2001:db8::1' }] })).toEqual([]);
  });

  it('never throws, whatever is sent', () => {
    fc.assert(fc.property(fc.jsonValue(), (body) => typeof parseDeviceInput(body).ok === 'boolean'));
  });
});
