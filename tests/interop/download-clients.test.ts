import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFileHttpServer } from '../../sip-worker/files/http-server.ts';
import { createTftpServer } from '../../sip-worker/files/tftp/server.ts';
import { createFileWorker, type FileWorker } from '../support/file-worker.ts';
import { servedDevice, servedFile } from '../support/replica-view.ts';

const run = promisify(execFile);
const MAC = '0021f222b01d';
const CFG = servedFile(`${MAC}.cfg`, Buffer.alloc(7_001, 'account.1.password = secret\n'));
const TEXT = servedFile('y000000000000.cfg', 'one\ntwo\n', 'common');
const WHOLE_BLOCKS = servedFile('blocks.bin', Buffer.alloc(1_024, 'b'), 'common');

let worker: FileWorker;
let folder: string;
let http: { readonly port: number; close(): Promise<void> };
let tftp: { readonly port: number; close(): Promise<void> };

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'provost-clients-'));
  worker = createFileWorker({ devices: [servedDevice(MAC, { files: [CFG, TEXT, WHOLE_BLOCKS] })] });
  const httpServer = createFileHttpServer({ ...worker.hooks, pages: null });
  const tftpServer = createTftpServer(worker.hooks);
  http = { ...(await httpServer.listen({ port: 0 })), close: () => httpServer.close(0) };
  tftp = { ...(await tftpServer.listen({ port: 0 })), close: () => tftpServer.close(0) };
});

afterEach(async () => {
  await Promise.all([http.close(), tftp.close()]);
  rmSync(folder, { recursive: true });
});

describe('curl', () => {
  async function curl(words: readonly string[], target: string, host = '127.0.0.1'): Promise<string> {
    const { stdout } = await run(
      'curl',
      ['-sS', '--max-time', '10', ...words, `http://${host}:${http.port}${target}`],
      {
        encoding: 'latin1',
      },
    );
    return stdout;
  }

  test.each(['127.0.0.1', '[::1]'])('fetches from %s', async (host) => {
    expect(await curl([], `/${MAC}.cfg`, host)).toHaveLength(CFG.bytes);
  });

  test.each(['--http1.0', '--http1.1'])('%s', async (version) => {
    expect(await curl([version], `/d/token-${MAC}/`)).toHaveLength(CFG.bytes);
  });

  test('a head alone', async () => {
    const head = await curl(['-I'], `/${MAC}.cfg`);
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(head).toContain(`Content-Length: ${CFG.bytes}\r\n`);
    expect(head).not.toContain('secret');
  });

  test('only what changed, by its own ETag file', async () => {
    const words = ['--etag-save', path.join(folder, 'etag'), '-o', path.join(folder, 'first')];
    await curl(words, `/${MAC}.cfg`);
    const again = ['--etag-compare', path.join(folder, 'etag'), '-w', '%{http_code} %{size_download}'];
    expect(await curl(again, `/${MAC}.cfg`)).toBe('304 0');
  });

  test('a path that climbs, as it stands', async () => {
    expect(await curl(['--path-as-is', '-o', '/dev/null', '-w', '%{http_code}'], '/../../etc/passwd')).toBe(
      '404',
    );
  });

  test('an upload is refused, with or without waiting for permission', async () => {
    const words = ['-X', 'PUT', '--data-binary', 'x'.repeat(5_000), '-o', '/dev/null', '-w', '%{http_code}'];
    expect(await curl(words, `/${MAC}-app.log`)).toBe('405');
    expect(await curl([...words, '-H', 'Expect: 100-continue'], `/${MAC}-app.log`)).toBe('405');
  });

  test('many files over one connection', async () => {
    const target = `http://127.0.0.1:${http.port}/${MAC}.cfg`;
    const { stdout } = await run('curl', [
      '-sS',
      '-w',
      '%{num_connects} ',
      '-o',
      '/dev/null',
      target,
      '-o',
      '/dev/null',
      target,
    ]);
    expect(stdout).toBe('1 0 ');
  });

  test('over TFTP with options', async () => {
    const url = `tftp://127.0.0.1:${tftp.port}/${MAC}.cfg`;
    const { stdout } = await run('curl', ['-sS', '--max-time', '10', '--tftp-blksize', '1400', url], {
      encoding: 'latin1',
    });
    expect(stdout).toHaveLength(CFG.bytes);
  });
});

describe('tftp-hpa', () => {
  async function get(mode: string, name: string, host = '127.0.0.1'): Promise<Buffer> {
    const file = path.join(folder, 'received');
    await run('tftp', ['-m', mode, host, String(tftp.port), '-c', 'get', name, file], { cwd: folder });
    return readFileSync(file);
  }

  test.each(['127.0.0.1', '::1'])('fetches a file in octet mode from %s', async (host) => {
    expect((await get('binary', `${MAC}.cfg`, host)).length).toBe(CFG.bytes);
    expect(await worker.untilFacts(1)).toMatchObject([{ transport: 'tftp', status: 200, completed: true }]);
  });

  test('fetches a file of whole blocks to its end', async () => {
    await get('binary', `${MAC}.cfg`);
    expect((await get('binary', 'blocks.bin')).length).toBe(WHOLE_BLOCKS.bytes);
  });

  test('gets a text in netascii back as it was', async () => {
    await get('binary', `${MAC}.cfg`);
    expect((await get('ascii', 'y000000000000.cfg')).toString()).toBe('one\ntwo\n');
  });

  test('is told that a file is not there', async () => {
    await get('binary', `${MAC}.cfg`);
    const words = ['-m', 'binary', '127.0.0.1', String(tftp.port), '-c', 'get', '0021f222b0ff.cfg', 'x'];
    const { stdout } = await run('tftp', words, { cwd: folder });
    expect(stdout).toContain('File not found');
  });

  test('may not write', async () => {
    const words = [
      '-m',
      'binary',
      '127.0.0.1',
      String(tftp.port),
      '-c',
      'put',
      '/etc/hostname',
      `${MAC}-app.log`,
    ];
    const { stdout } = await run('tftp', words, { cwd: folder });
    expect(stdout).toContain('Access violation');
  });
});
