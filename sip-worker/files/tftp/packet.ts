import { fail, ok, type Result } from '#lib/domain/result.ts';

/** Error codes of RFC 1350, section 5; 8 is RFC 2347. */
export const TFTP_ERROR = {
  notDefined: 0,
  fileNotFound: 1,
  accessViolation: 2,
  illegalOperation: 4,
  unknownTransfer: 5,
  optionRefused: 8,
} as const;

/**
 * Options with a value in range, in the order of the request: block size in bytes (RFC 2348), timeout in seconds and
 * transfer size in bytes (RFC 2349), window in blocks (RFC 7440). An option that is unknown or out of range is left out.
 */
export interface TftpOptions {
  readonly blksize?: number;
  readonly timeout?: number;
  readonly tsize?: number;
  readonly windowsize?: number;
}

export type TftpMode = 'octet' | 'netascii';

export interface TftpRequest {
  readonly op: 'read' | 'write';
  /** One character for each byte, as it came: not decoded, not checked. */
  readonly file: string;
  readonly mode: TftpMode;
  readonly options: TftpOptions;
}

export type TftpPacket =
  | TftpRequest
  | { readonly op: 'data'; readonly block: number; readonly payload: Buffer }
  | { readonly op: 'ack'; readonly block: number }
  | { readonly op: 'error'; readonly code: number; readonly message: string }
  | { readonly op: 'option-ack'; readonly options: TftpOptions };

export type PacketRefusal = 'too-short' | 'unknown-opcode' | 'unterminated' | 'unknown-mode' | 'empty-name';

const OPCODE = { read: 1, write: 2, data: 3, ack: 4, error: 5, optionAck: 6 } as const;

const RANGES: Readonly<Record<keyof TftpOptions, readonly [number, number]>> = {
  blksize: [8, 65_464],
  timeout: [1, 255],
  tsize: [0, Number.MAX_SAFE_INTEGER],
  windowsize: [1, 65_535],
};

/** Reads one datagram of RFC 1350 and its option extensions. Arbitrary bytes never throw. */
export function readPacket(bytes: Buffer): Result<TftpPacket, PacketRefusal> {
  if (bytes.length < 2) return fail('too-short');
  const opcode = bytes.readUInt16BE(0);
  if (opcode === OPCODE.read) return readRequest('read', bytes);
  if (opcode === OPCODE.write) return readRequest('write', bytes);
  if (opcode === OPCODE.optionAck) return ok({ op: 'option-ack', options: readOptions(bytes, 2) });
  if (opcode !== OPCODE.data && opcode !== OPCODE.ack && opcode !== OPCODE.error)
    return fail('unknown-opcode');
  if (bytes.length < 4) return fail('too-short');
  const number = bytes.readUInt16BE(2);
  if (opcode === OPCODE.data) return ok({ op: 'data', block: number, payload: bytes.subarray(4) });
  if (opcode === OPCODE.ack) return ok({ op: 'ack', block: number });
  return ok({ op: 'error', code: number, message: readText(bytes, 4)?.text ?? bytes.toString('latin1', 4) });
}

/*
 *  2 bytes   string     1      string   1     string   1     string   1
 * +---------+----------+-----+--------+-----+--------+-----+--------+-----+
 * |  1 or 2 | filename |  0  |  mode  |  0  | option |  0  | value  |  0  |  < option and value repeat, or are absent
 * +---------+----------+-----+--------+-----+--------+-----+--------+-----+
 */
function readRequest(op: 'read' | 'write', bytes: Buffer): Result<TftpRequest, PacketRefusal> {
  const file = readText(bytes, 2);
  const mode = file && readText(bytes, file.end);
  if (!file || !mode) return fail('unterminated');
  if (file.text === '') return fail('empty-name');
  const name = mode.text.toLowerCase();
  if (name !== 'octet' && name !== 'netascii') return fail('unknown-mode');
  return ok({ op, file: file.text, mode: name, options: readOptions(bytes, mode.end) });
}

/** A pair that is cut off, as by junk behind the last option, ends the list. Of a repeated option the first counts. */
function readOptions(bytes: Buffer, start: number): TftpOptions {
  const options: Partial<Record<keyof TftpOptions, number>> = {};
  let at = start;
  while (at < bytes.length) {
    const name = readText(bytes, at);
    const value = name && readText(bytes, name.end);
    if (!name || !value) break;
    const option = name.text.toLowerCase();
    if (isOption(option) && options[option] === undefined && isInRange(option, value.text))
      options[option] = Number(value.text);
    at = value.end;
  }
  return options;
}

function isOption(name: string): name is keyof TftpOptions {
  return Object.hasOwn(RANGES, name);
}

function isInRange(option: keyof TftpOptions, text: string): boolean {
  const [least, most] = RANGES[option];
  return /^\d{1,15}$/.test(text) && Number(text) >= least && Number(text) <= most;
}

function readText(bytes: Buffer, start: number): { readonly text: string; readonly end: number } | null {
  const zero = bytes.indexOf(0, start);
  return zero === -1 ? null : { text: bytes.toString('latin1', start, zero), end: zero + 1 };
}

/** A request as a phone sends it. The file name goes out as one byte for each character. */
export function writeRequest(request: TftpRequest): Buffer {
  return Buffer.concat([
    header(request.op === 'read' ? OPCODE.read : OPCODE.write),
    Buffer.from(`${request.file}\0${request.mode}\0${optionText(request.options)}`, 'latin1'),
  ]);
}

/*
 *  2 bytes   2 bytes   0 to blksize bytes, fewer than blksize in the last block
 * +---------+---------+----------+
 * |    3    | block   | data     |
 * +---------+---------+----------+
 */
export function writeData(block: number, payload: Uint8Array): Buffer {
  const packet = Buffer.allocUnsafe(4 + payload.length);
  packet.writeUInt16BE(OPCODE.data, 0);
  packet.writeUInt16BE(block & 0xffff, 2);
  packet.set(payload, 4);
  return packet;
}

/*
 *  2 bytes   2 bytes
 * +---------+---------+
 * |    4    | block   |
 * +---------+---------+
 */
export function writeAck(block: number): Buffer {
  return header(OPCODE.ack, block & 0xffff);
}

/*
 *  2 bytes   2 bytes   string     1
 * +---------+---------+----------+-----+
 * |    5    | code    | message  |  0  |
 * +---------+---------+----------+-----+
 */
export function writeError(code: number, message: string): Buffer {
  return Buffer.concat([header(OPCODE.error, code), Buffer.from(`${message}\0`, 'latin1')]);
}

/*
 *  2 bytes   string   1     string   1
 * +---------+--------+-----+--------+-----+
 * |    6    | option |  0  | value  |  0  |  < option and value repeat
 * +---------+--------+-----+--------+-----+
 */
export function writeOptionAck(options: TftpOptions): Buffer {
  return Buffer.concat([header(OPCODE.optionAck), Buffer.from(optionText(options), 'latin1')]);
}

function optionText(options: TftpOptions): string {
  return Object.entries(options)
    .map(([name, value]) => `${name}\0${value}\0`)
    .join('');
}

function header(...words: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(words.length * 2);
  for (const [index, word] of words.entries()) bytes.writeUInt16BE(word, index * 2);
  return bytes;
}
