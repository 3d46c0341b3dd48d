import { describe, expect, test } from 'vitest';
import {
  AWAY,
  MAC,
  PHONE,
  fileRequest as request,
  setUpHandler as setUp,
  TOKEN,
} from '../../tests/support/file-handler.ts';
import { servedDevice } from '../../tests/support/replica-view.ts';
import { createFact, toPhoneEvent } from './fact.ts';
import type { FileRequest } from './handler.ts';

describe('guessing', () => {
  const macOf = (index: number) => `0021f2${index.toString(16).padStart(6, '0')}`;

  test('after too many unknown names a source finds nothing new, with the same answer as ever', () => {
    const { get } = setUp();
    const before = get(`/${macOf(0)}.cfg`);
    for (let index = 0; index <= 60; index += 1) get(`/${macOf(index)}.cfg`);
    const known = get(`/${MAC}.cfg`);
    expect(known).toMatchObject({ status: 404, reason: 'throttled', body: null });
    expect([known.status, known.file, known.body]).toEqual([before.status, before.file, before.body]);
  });

  test('it is told once', () => {
    const { get } = setUp();
    const answers = Array.from({ length: 100 }, (_, index) => get(`/${macOf(index)}.cfg`));
    expect(answers.filter((answer) => answer.reason === 'throttled' && !answer.quiet)).toHaveLength(1);
    expect(answers.slice(61).every((answer) => answer.quiet)).toBe(true);
  });

  test('known phones behind the same address go on, by token or because they were there before', () => {
    const { get, replica } = setUp({ devices: [servedDevice(MAC), servedDevice('0021f2ffffff')] });
    expect(get(`/${MAC}.cfg`).status).toBe(200);
    replica.noteAddress(PHONE, 'device-0021f2ffffff');
    for (let index = 0; index <= 80; index += 1) get(`/${macOf(index)}.cfg`);
    expect(get(`/${MAC}.cfg`).status).toBe(200);
    expect(get('/0021f2ffffff.cfg').status).toBe(200);
    expect(get(`/d/${TOKEN}/${MAC}.cfg`).status).toBe(200);
  });

  test('other addresses and the next minute are free', () => {
    const { get, clock } = setUp();
    for (let index = 0; index <= 80; index += 1) get(`/${macOf(index)}.cfg`);
    expect(get(`/${MAC}.cfg`, { peerAddress: '192.168.50.78' }).status).toBe(200);
    clock.now += 60_000;
    expect(get(`/${MAC}.cfg`).status).toBe(200);
  });

  test('wrong tokens count too', () => {
    const { get } = setUp();
    for (let index = 0; index <= 80; index += 1) get(`/d/wrong${index}/${MAC}.cfg`);
    expect(get(`/${MAC}.cfg`)).toMatchObject({ reason: 'throttled' });
  });

  test("what comes through a forwarder does not use up its machine's own budget", () => {
    const { get } = setUp();
    const headers = { via: '1.1 proxy' };
    for (let index = 0; index <= 80; index += 1) get(`/${macOf(index)}.cfg`, { headers });
    expect(get(`/${MAC}.cfg`).status).toBe(200);
  });

  test('a flood of nonsense leaves the timeline readable', () => {
    const { get } = setUp();
    const answers = Array.from({ length: 500 }, (_, index) => get(`/nonsense-${index}.cfg`));
    expect(answers.filter((answer) => !answer.quiet)).toHaveLength(60);
  });
});

describe('what the timeline gets', () => {
  const { get } = setUp();
  const delivery = { completed: true, bytes: 6_123, durationMs: 1.26 };
  const stamp = { id: 'e1', at: '2026-11-20T09:00:00.000Z', worker: 'w1' };

  function tell(target: string, more: Partial<FileRequest> = {}) {
    return toPhoneEvent(createFact(request(target, more), get(target, more), delivery), stamp);
  }

  test('a download with revision, size, time, door and artifact', () => {
    const event = tell(`/d/${TOKEN}/${MAC}.cfg`, { headers: { 'user-agent': 'Flyingvoice FIP14G V0.7.11' } });
    expect(event).toMatchObject({
      kind: 'download',
      deviceId: `device-${MAC}`,
      mac: MAC,
      siteId: 'default',
      rootId: 'default',
      address: PHONE,
      summary: `GET ${MAC}.cfg 200, revision 1, 6.1 kB`,
      data: {
        path: `/d/****/${MAC}.cfg`,
        durationMs: 1.3,
        door: 'token',
        tokenIsCurrent: true,
        role: 'main',
      },
    });
    expect(JSON.stringify(event)).not.toContain(TOKEN);
  });

  test('a refusal with its reason, at the device that it is about', () => {
    const event = tell(`/${MAC}.cfg`, { peerAddress: AWAY });
    expect(event).toMatchObject({ kind: 'refused', deviceId: `device-${MAC}`, address: AWAY });
    expect(event?.summary).toBe(`GET /${MAC}.cfg 404: the address is in none of the networks of its site`);
  });

  test('no token, right or wrong, in no spelling', () => {
    for (const target of [`/d/${TOKEN}/nothing`, `/d/${TOKEN}x/a`, `/%64/${TOKEN}/../x`, `/x/d/${TOKEN}`])
      expect(JSON.stringify(tell(target))).not.toContain(TOKEN);
  });
});
