import type { Door } from '#lib/domain/access.ts';
import type { PhoneEvent } from '#lib/domain/event.ts';
import type { FileAnswer, FileRequest } from './handler.ts';
import { maskPath } from './names.ts';
import { describeRefusal, type Refusal } from './refusal.ts';

export type Transport = 'http' | 'https' | 'tftp';

/** One answer to one request, told after its last byte or when the phone broke off. Holds no secret: tokens are masked. */
export interface FileFact {
  readonly kind: 'download' | 'refused';
  readonly transport: Transport;
  /** `GET`, `HEAD`, or `RRQ`. */
  readonly method: string;
  readonly path: string;
  readonly status: 200 | 304 | 404 | 405;
  /** False when the phone broke off before the last byte. */
  readonly completed: boolean;
  readonly bytes: number;
  readonly durationMs: number;
  readonly deviceId: string | null;
  /** The MAC in the name; that of the device where there is one. */
  readonly mac: string | null;
  /** The site of the device, else the one that was found for the request. */
  readonly siteId: string | null;
  readonly rootId: string | null;
  /** Publication of the device at that moment. */
  readonly revision: number | null;
  /** Name, artifact address and role of the file: what this phone got on that day. */
  readonly file: string | null;
  readonly artifact: string | null;
  readonly fileRole: 'main' | 'boot' | 'common' | null;
  readonly door: Door | null;
  /** At the token's door: false for one that was replaced and ends when the phone has used the new one. */
  readonly tokenIsCurrent: boolean | null;
  readonly reasonCode: Refusal | null;
  /** The reason in words for people. */
  readonly reason: string | null;
  readonly address: string;
  readonly userAgent: string | null;
  /** True for what would only fill the timeline: more of the same guessing. It counts in metrics alone. */
  readonly quiet: boolean;
}

export interface Delivery {
  /** False when the phone broke off before the last byte. */
  readonly completed: boolean;
  readonly bytes: number;
  readonly durationMs: number;
}

/** What an answer and its delivery amount to. */
export function createFact(request: FileRequest, answer: FileAnswer, delivery: Delivery): FileFact {
  const { device, file, reason } = answer;
  const userAgent = request.headers['user-agent'];
  return {
    kind: answer.status === 200 || answer.status === 304 ? 'download' : 'refused',
    transport: request.transport,
    method: request.method,
    path: file ? `${DOOR_PATH[answer.door ?? 'plain']}${file.name}` : maskPath(request.target),
    status: answer.status,
    completed: delivery.completed,
    bytes: delivery.bytes,
    durationMs: delivery.durationMs,
    deviceId: device?.id ?? null,
    mac: answer.mac,
    siteId: device?.siteId ?? answer.site?.id ?? null,
    rootId: device?.rootId ?? answer.site?.rootId ?? null,
    revision: device?.revision ?? null,
    file: file?.name ?? null,
    artifact: file?.address ?? null,
    fileRole: file?.role ?? null,
    door: answer.door,
    tokenIsCurrent: answer.tokenIsCurrent,
    reasonCode: reason,
    reason: reason && describeRefusal(reason),
    address: answer.source.address,
    userAgent: typeof userAgent === 'string' ? userAgent.slice(0, 256) : null,
    quiet: answer.quiet,
  };
}

const DOOR_PATH = { token: '/d/****/', site: '/s/', plain: '/' } as const;

export interface EventStamp {
  readonly id: string;
  /** ISO time with milliseconds. */
  readonly at: string;
  readonly worker: string;
}

/** The fact as the timeline keeps it; null for a quiet one. */
export function toPhoneEvent(fact: FileFact, stamp: EventStamp): PhoneEvent | null {
  if (fact.quiet) return null;
  return {
    ...stamp,
    kind: fact.kind,
    deviceId: fact.deviceId,
    mac: fact.mac,
    siteId: fact.siteId,
    rootId: fact.rootId,
    address: fact.address,
    summary: summarise(fact),
    data: {
      transport: fact.transport,
      method: fact.method,
      path: fact.path,
      status: fact.status,
      completed: fact.completed,
      bytes: fact.bytes,
      durationMs: Math.round(fact.durationMs * 10) / 10,
      file: fact.file,
      artifact: fact.artifact,
      role: fact.fileRole,
      revision: fact.revision,
      door: fact.door,
      tokenIsCurrent: fact.tokenIsCurrent,
      reason: fact.reasonCode,
      userAgent: fact.userAgent,
    },
  };
}

/** `GET 0021f222b01d.cfg 200, revision 8, 6.1 kB`. */
function summarise(fact: FileFact): string {
  const asked = `${fact.method} ${fact.file ?? fact.path} ${fact.status}`;
  if (fact.reason !== null) return `${asked}: ${fact.reason}`;
  const parts = [asked];
  if (fact.revision !== null) parts.push(`revision ${fact.revision}`);
  if (fact.status === 200) parts.push(describeBytes(fact.bytes));
  if (!fact.completed) parts.push('broken off');
  return parts.join(', ');
}

function describeBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
