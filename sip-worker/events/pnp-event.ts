import type { EventKind, PhoneEvent } from '#lib/domain/event.ts';
import type { RuleDecision } from '#lib/domain/rule-match.ts';
import type { ServedDevice } from '#lib/domain/served.ts';
import type { PnpEvent, PnpExchange } from '../pnp/event.ts';

type SubscribeEvent = Extract<PnpEvent, { kind: 'subscribe' }>;

/** What the timeline keeps of a step of PnP, before it has an id, a time and a device. */
export interface PnpRecord {
  readonly kind: EventKind;
  readonly mac: string | null;
  readonly address: string;
  readonly summary: string;
  readonly data: PhoneEvent['data'];
}

/** Null for what only metrics count: repeats, further sends, and steps that another record tells. */
export function toPnpRecord(event: PnpEvent, explanation: RuleDecision | null): PnpRecord | null {
  switch (event.kind) {
    case 'subscribe':
      return event.isRepeat ? null : subscribeRecord(event, explanation);
    case 'notify-sent':
      return event.attempt === 1 ? answerRecord(event.exchange) : null;
    case 'notify-answered':
      return answeredRecord(event);
    case 'notify-timed-out':
      return record('notify-silent', event.exchange, {
        summary: `NOTIFY not answered, sent ${event.sends} times`,
        data: { sends: event.sends },
      });
    case 'notify-stopped':
      return event.reason === 'fetched' ? fetchedRecord(event.exchange) : null;
    case 'refused':
      return refusedRecord(event);
    case 'ok-sent':
      return null;
  }
}

function subscribeRecord(event: SubscribeEvent, explanation: RuleDecision | null): PnpRecord {
  const { request, exchange, verdict, context } = event;
  const { identity } = request;
  const phone = [identity.model ?? identity.vendor, identity.firmware]
    .filter((part) => part !== null)
    .join(' ');
  const outcome = verdict.answer ? '' : `, not answered: ${verdict.reason ?? 'no reason'}`;
  return record('subscribe', exchange, {
    summary: `SUBSCRIBE from ${hostPort(exchange)}${phone === '' ? '' : `, ${phone}`}${outcome}`,
    data: {
      port: exchange.source.port,
      vendor: identity.vendor,
      model: identity.model,
      firmware: identity.firmware,
      recognisedBy: identity.recognisedBy,
      macSource: request.macSource,
      interface: context.interfaceName,
      rule: exchange.rule,
      why: describeDecision(explanation),
      passedOver: describePassedOver(explanation),
      answered: verdict.answer,
      reason: verdict.reason,
    },
  });
}

function answerRecord(exchange: PnpExchange): PnpRecord {
  return record('pnp-answer', exchange, {
    summary: `200 and NOTIFY sent (rule ${exchange.rule ?? 'none'})`,
    data: { rule: exchange.rule },
  });
}

function answeredRecord(event: Extract<PnpEvent, { kind: 'notify-answered' }>): PnpRecord {
  const { status, roundTripMs, sends } = event;
  const took = `after ${Math.round(roundTripMs)} ms`;
  const verb = status < 300 ? `NOTIFY accepted ${took}` : `NOTIFY refused with ${status} ${took}`;
  return record('notify-answered', event.exchange, {
    summary: `${verb} (rule ${event.exchange.rule ?? 'none'})`,
    data: { status, roundTripMs: Math.round(roundTripMs), sends },
  });
}

function fetchedRecord(exchange: PnpExchange): PnpRecord {
  return record('notify-answered', exchange, {
    summary: 'NOTIFY not answered, but the phone fetched its files',
    data: { status: null },
  });
}

/** Answers that nobody waits for any more and our own echoes are no phone's doing. */
const UNRECORDED = new Set(['stray-response', 'own-socket', 'response']);

function refusedRecord(event: Extract<PnpEvent, { kind: 'refused' }>): PnpRecord | null {
  const { source, reason, at, bytes } = event;
  if (UNRECORDED.has(reason)) return null;
  return {
    kind: 'refused',
    mac: null,
    address: source.address,
    summary: `Datagram from ${source.address}:${source.port} ignored: ${reason}`,
    data: { port: source.port, reason, at, bytes, transport: 'sip' },
  };
}

function record(
  kind: EventKind,
  exchange: PnpExchange,
  { summary, data }: Pick<PnpRecord, 'summary' | 'data'>,
): PnpRecord {
  return { kind, mac: exchange.mac, address: exchange.source.address, summary, data };
}

function describeDecision(explanation: RuleDecision | null): string | null {
  return explanation?.trace.find((each) => each.matched)?.why ?? null;
}

/** `Known phones: the phone is not in the inventory`, for every rule that did not match. */
function describePassedOver(explanation: RuleDecision | null): string | null {
  const passed = explanation?.trace.filter((each) => !each.matched) ?? [];
  return passed.length === 0 ? null : passed.map(({ rule, why }) => `${rule.name}: ${why}`).join('; ');
}

function hostPort({ source }: PnpExchange): string {
  return `${source.address}:${source.port}`;
}

/** What a phone says it is, where the inventory says otherwise; null when both agree or it does not say. */
export function findMismatch(
  device: ServedDevice,
  said: { readonly vendor: string | null; readonly model: string | null; readonly slug: string | null },
): string | null {
  const isOtherVendor = said.vendor !== null && device.vendor !== null && said.vendor !== device.vendor;
  const isOtherModel = said.slug !== null && device.model !== null && said.slug !== device.model;
  if (!isOtherVendor && !isOtherModel) return null;
  const claim = isOtherModel
    ? said.slug
    : [said.vendor, said.model].filter((part) => part !== null).join(' ');
  return `The phone says it is ${claim}; the inventory says ${device.model ?? device.vendor}`;
}
