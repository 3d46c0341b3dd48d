import { describe, expect, it } from 'vitest';
import type { Mac } from '../../lib/domain/mac.ts';
import sequences from '../../tests/fixtures/request-sequences.json' with { type: 'json' };
import macros from '../../tests/fixtures/url-macros.json' with { type: 'json' };
import { findSubscribeCase } from '../../tests/support/pnp-vectors.ts';
import { serialiseMessage } from '../sip/message.ts';
import { flyingvoice } from './flyingvoice.ts';
import type { Fetched, Phone, Walked } from './phone-kind.ts';

const PHONE: Phone = { mac: '0021f222b01d' as Mac, model: 'FIP13G', firmware: '0.6.24' };

/** Walks with the files that are there, and lists what was asked for. */
async function walk(
  url: string,
  files: Readonly<Record<string, string>>,
  isFromDhcp = false,
): Promise<{ readonly asked: string[]; readonly walked: Walked }> {
  const asked: string[] = [];
  const walked = await flyingvoice.walk(
    { phone: PHONE, url, isFromDhcp },
    async (target): Promise<Fetched> => {
      const name = target.slice(target.lastIndexOf('/') + 1);
      asked.push(name);
      const text = files[name];
      return text === undefined ? { kind: 'not-found' } : { kind: 'found', text };
    },
  );
  return { asked, walked };
}

interface Sequence {
  readonly id: string;
  readonly vendor: string;
  readonly trigger: { readonly type: string; readonly value: string };
  readonly steps: readonly {
    readonly file: string;
    readonly result?: string;
    readonly body?: string;
    readonly repeatOf?: number;
  }[];
}

describe('every request sequence of the vectors', () => {
  const cases = (sequences.cases as unknown as readonly Sequence[]).filter(
    ({ vendor }) => vendor === 'flyingvoice',
  );
  it.each(cases)('$id', async ({ trigger, steps }) => {
    const single = steps.filter((step) => step.repeatOf === undefined);
    const found = single.filter((step) => step.result === 'found');
    const files = Object.fromEntries(found.map((step) => [step.file, step.body ?? 'a=1']));
    const { asked } = await walk(trigger.value, files, trigger.type !== 'pnp');
    expect(asked).toEqual(single.map((step) => step.file));
  });
});

describe('a folder from PnP', () => {
  it('is asked for the boot files first, and the bare MAC never', async () => {
    const { asked, walked } = await walk('http://h/d/t/', {
      'y000000000000.cfg': 'a=1',
      '0021f222b01d.cfg': 'a=2',
    });
    expect(asked).toEqual([
      '0021f222b01d.boot',
      'y000000000000.boot',
      'y000000000000.cfg',
      '0021f222b01d.cfg',
    ]);
    expect(walked.applied.map(({ name }) => name)).toEqual(['y000000000000.cfg', '0021f222b01d.cfg']);
  });

  it('without the slash at its end is a folder all the same', async () => {
    const { asked } = await walk('http://10.2.11.101:8088/ProvisioningDir', {});
    expect(asked).toHaveLength(4);
  });

  it('has the common boot file read when there is none for the MAC, and its includes applied in order', async () => {
    const boot = '#!version:1.0.0.1\ninclude:config <b.cfg>\ninclude:config "a.cfg"\n';
    const { asked, walked } = await walk('http://h/', {
      'y000000000000.boot': boot,
      'a.cfg': '',
      'b.cfg': '',
    });
    expect(asked).toEqual(['0021f222b01d.boot', 'y000000000000.boot', 'b.cfg', 'a.cfg']);
    expect(walked.applied.map(({ name }) => name)).toEqual(['b.cfg', 'a.cfg']);
  });

  it('with an include that nobody serves is a problem', async () => {
    const { walked } = await walk('http://h/', { '0021f222b01d.boot': 'include:config <x.cfg>\n' });
    expect(walked.problems).toEqual(['x.cfg: not found']);
  });
});

describe('macros', () => {
  const cases = macros.cases.filter(({ id }) => id === 'fv-ma' || id === 'fv-cloud');
  it.each(cases)('$id', ({ template, expected }) => {
    expect(flyingvoice.expandUrl(template, PHONE)).toBe((expected as { expanded?: string }).expanded);
  });
});

describe('its SUBSCRIBE', () => {
  it('is the one of the vectors', () => {
    const vector = findSubscribeCase('flyingvoice-seed');
    const place = { ...vector.source, group: '224.0.1.75', random: '715236478' };
    const written = serialiseMessage(flyingvoice.subscribe(PHONE, place));
    const text = written.ok ? Buffer.from(written.value).toString() : '';
    expect(text).toBe(vector.raw.replace('z9hG4bK715236480', 'z9hG4bK715236478'));
  });
});
