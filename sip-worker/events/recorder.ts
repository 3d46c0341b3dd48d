/** Turns what PnP and downloads report into events of the timeline, and puts them into the spool. */
import { randomUUID } from 'node:crypto';
import type { PhoneEvent } from '#lib/domain/event.ts';
import { readUserAgent } from '#lib/domain/fingerprint.ts';
import { parseMac } from '#lib/domain/mac.ts';
import type { ServedDevice } from '#lib/domain/served.ts';
import { type FileFact, toPhoneEvent } from '../files/fact.ts';
import type { PnpEvent } from '../pnp/event.ts';
import { findModelSlug, type RulePolicy } from '../pnp/rule-policy.ts';
import type { LiveView } from '../replica/live-view.ts';
import { Coalescer } from './coalescer.ts';
import { findMismatch, type PnpRecord, toPnpRecord } from './pnp-event.ts';

export interface RecorderOptions {
  readonly add: (event: PhoneEvent) => void;
  readonly view: LiveView;
  readonly explain: RulePolicy['explain'];
  /** Id of this worker. */
  readonly worker: string;
  /** Wall clock, milliseconds. */
  readonly now?: () => number;
  /** Clock that never goes back, milliseconds. */
  readonly monotonic?: () => number;
}

export interface Recorder {
  observePnp(event: PnpEvent): void;
  observeFile(fact: FileFact): void;
}

const REFUSALS_WINDOW_MS = 60_000;
const MISMATCH_WINDOW_MS = 60 * 60_000;

export function createRecorder(options: RecorderOptions): Recorder {
  const { add, view, worker, now = Date.now, monotonic = () => performance.now() } = options;
  const refusals = new Coalescer({ windowMs: REFUSALS_WINDOW_MS, now: monotonic });
  const mismatches = new Coalescer({ windowMs: MISMATCH_WINDOW_MS, now: monotonic });

  return {
    observePnp(event) {
      const explanation = event.kind === 'subscribe' ? options.explain(event.request) : null;
      const record = toPnpRecord(event, explanation);
      if (record === null) return;
      const device = deviceOf(record.mac);
      if (device) view.noteAddress(record.address, device.id);
      const key = `${record.address} ${record.data.reason}`;
      const stamped = { ...stamp(), ...record, ...placeOf(device) };
      if (record.kind === 'refused') addOncePerWindow(key, stamped);
      else add(stamped);
      if (event.kind === 'subscribe' && device) noteMismatch(device, event.request.identity, record);
    },

    observeFile(fact) {
      const event = toPhoneEvent(fact, stamp());
      if (event === null) return;
      const reading = fact.userAgent === null ? null : readUserAgent(fact.userAgent);
      const recorded = {
        ...event,
        data: { ...event.data, ...whatItProves(fact), firmware: reading?.firmware ?? null },
      };
      if (fact.kind === 'refused')
        addOncePerWindow(`${fact.address} ${fact.path} ${fact.reasonCode}`, recorded);
      else add(recorded);
      const device = fact.deviceId === null ? null : view.findDevice(fact.deviceId);
      if (device && reading) noteMismatch(device, reading, { address: fact.address, mac: device.mac });
    },
  };

  function stamp(): Pick<PhoneEvent, 'id' | 'at' | 'worker'> {
    return { id: randomUUID(), at: new Date(now()).toISOString(), worker };
  }

  function deviceOf(mac: string | null): ServedDevice | null {
    const parsed = mac === null ? null : parseMac(mac);
    return parsed?.ok ? view.findDeviceByMac(parsed.value) : null;
  }

  function addOncePerWindow(key: string, event: PhoneEvent): void {
    const repeats = refusals.pass(key);
    if (repeats === null) return;
    if (repeats === 0) add(event);
    else
      add({
        ...event,
        summary: `${event.summary} (and ${repeats} times before)`,
        data: { ...event.data, repeats },
      });
  }

  function noteMismatch(
    device: ServedDevice,
    said: { readonly vendor: string | null; readonly model: string | null },
    source: Pick<PnpRecord, 'address' | 'mac'>,
  ): void {
    const slug = findModelSlug(view.listModels(), said.vendor, said.model);
    const mismatch = findMismatch(device, { vendor: said.vendor, model: said.model, slug });
    if (mismatch === null || mismatches.pass(`${device.id} ${mismatch}`) === null) return;
    const { vendor, model } = said;
    const data = { vendor, model, slug, inventory: device.model };
    const { address, mac } = source;
    add({ ...stamp(), kind: 'identity-mismatch', mac, address, summary: mismatch, data, ...placeOf(device) });
  }
}

/** Only a whole file in the phone's hands says that it has a revision, or that it knows its new token. */
function whatItProves(fact: FileFact): PhoneEvent['data'] {
  const hasFetched = fact.completed && fact.method !== 'HEAD';
  if (!hasFetched) return { revision: null, token: null };
  if (fact.door !== 'token') return { token: null };
  return { token: fact.tokenIsCurrent === false ? 'previous' : 'current' };
}

function placeOf(device: ServedDevice | null): Pick<PhoneEvent, 'deviceId' | 'siteId' | 'rootId'> {
  return {
    deviceId: device?.id ?? null,
    siteId: device?.siteId ?? null,
    rootId: device?.rootId ?? null,
  };
}
