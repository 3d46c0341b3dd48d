import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import vectors from '../../../tests/fixtures/tftp-requests.json' with { type: 'json' };
import {
  readPacket,
  type TftpOptions,
  writeAck,
  writeData,
  writeError,
  writeOptionAck,
  writeRequest,
} from './packet.ts';

interface Expected {
  readonly op?: string;
  readonly file?: string;
  readonly fileAnyOf?: readonly string[];
  readonly mode?: string;
  readonly options?: TftpOptions;
  readonly optionsAnyOf?: readonly TftpOptions[];
  readonly error?: number;
  readonly goodAnswers?: readonly { readonly op: string; readonly hex?: string }[];
}

const cases = vectors.cases as readonly {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly hex: string;
  readonly expected: Expected;
}[];

describe('requests as phones send them', () => {
  test.each(cases.filter((each) => each.expected.op === 'RRQ'))('$id: $title', ({ hex, expected }) => {
    const packet = readPacket(Buffer.from(hex, 'hex'));
    expect(packet).toMatchObject({ ok: true, value: { op: 'read', mode: expected.mode ?? 'octet' } });
    if (!packet.ok || packet.value.op !== 'read') return;
    if (expected.file) expect(packet.value.file).toBe(expected.file);
    if (expected.fileAnyOf) expect(expected.fileAnyOf).toContain(packet.value.file);
    if (expected.options) expect(packet.value.options).toEqual(expected.options);
    if (expected.optionsAnyOf) expect(expected.optionsAnyOf).toContainEqual(packet.value.options);
  });

  test.each(cases.filter((each) => each.group === 'path'))(
    '$id: a hostile name is read as text',
    ({ hex }) => {
      expect(readPacket(Buffer.from(hex, 'hex'))).toMatchObject({ ok: true, value: { op: 'read' } });
    },
  );

  test('the mode mail is refused', () => {
    expect(readPacket(bytesOf('mail'))).toEqual({ ok: false, reason: 'unknown-mode' });
  });

  test.each([
    ['empty', 'too-short'],
    ['one-byte', 'too-short'],
    ['no-nul', 'unterminated'],
  ])('%s is refused as %s', (id, reason) => {
    expect(readPacket(bytesOf(id))).toEqual({ ok: false, reason });
  });

  test('a write request, DATA and ERROR are told apart', () => {
    expect(readPacket(bytesOf('wrq'))).toMatchObject({ ok: true, value: { op: 'write' } });
    expect(readPacket(bytesOf('data-on-69'))).toMatchObject({ ok: true, value: { op: 'data', block: 1 } });
    expect(readPacket(bytesOf('error-on-69'))).toMatchObject({ ok: true, value: { op: 'error', code: 1 } });
  });

  test('modes and option names are read in any case', () => {
    const packet = readPacket(Buffer.from('\0\x01a\0OCTET\0BlkSize\x001024\0', 'latin1'));
    expect(packet).toMatchObject({ ok: true, value: { mode: 'octet', options: { blksize: 1024 } } });
  });

  test('of an option given twice the first counts', () => {
    const packet = readPacket(Buffer.from('\0\x01a\0octet\0blksize\x00512\0blksize\x001024\0', 'latin1'));
    expect(packet).toMatchObject({ ok: true, value: { options: { blksize: 512 } } });
  });
});

describe('answers', () => {
  test('the OACK of a captured server is written byte for byte', () => {
    const good = cases.find((each) => each.id === 'fv-maccfg')?.expected.goodAnswers?.[0]?.hex;
    expect(writeOptionAck({ tsize: 2537, blksize: 512 }).toString('hex')).toBe(good);
  });

  test('block numbers go out modulo 65536', () => {
    expect(writeData(65_536, Buffer.from('x')).toString('hex')).toBe('0003000078');
    expect(writeAck(65_537).toString('hex')).toBe('00040001');
  });

  test('an error holds its code and a text', () => {
    expect(writeError(1, 'no').toString('hex')).toBe('000500016e6f00');
  });
});

describe('properties', () => {
  test('arbitrary bytes never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        readPacket(Buffer.from(bytes));
      }),
    );
  });

  test('reading what was written gives the same packet', () => {
    const text = fc
      .uint8Array({ min: 1, minLength: 1, maxLength: 40 })
      .map((bytes) => Buffer.from(bytes).toString('latin1'));
    const options = fc.record(
      {
        blksize: fc.integer({ min: 8, max: 65_464 }),
        timeout: fc.integer({ min: 1, max: 255 }),
        tsize: fc.nat(),
        windowsize: fc.integer({ min: 1, max: 65_535 }),
      },
      { requiredKeys: [] },
    );
    const request = fc.record({
      op: fc.constantFrom('read' as const, 'write' as const),
      file: text,
      mode: fc.constantFrom('octet' as const, 'netascii' as const),
      options,
    });
    fc.assert(
      fc.property(request, (value) => {
        expect(readPacket(writeRequest(value))).toEqual({ ok: true, value });
      }),
    );
    fc.assert(
      fc.property(options, (value) => {
        expect(readPacket(writeOptionAck(value))).toEqual({
          ok: true,
          value: { op: 'option-ack', options: value },
        });
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 65_535 }), fc.uint8Array(), (block, payload) => {
        const read = readPacket(writeData(block, payload));
        expect(read).toEqual({ ok: true, value: { op: 'data', block, payload: Buffer.from(payload) } });
      }),
    );
  });
});

function bytesOf(id: string): Buffer {
  return Buffer.from(cases.find((each) => each.id === id)?.hex ?? '', 'hex');
}
