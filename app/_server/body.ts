import type { z } from 'zod';
import { type InputReading, readInput } from '#lib/domain/input-problem.ts';
import type { ProblemName } from '#lib/domain/problem.ts';
import { readJson } from './json-text.ts';

const LARGEST_BYTES = 1024 * 1024;
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;

export type BodyReading =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false;
      readonly problem: ProblemName;
      readonly detail: string;
    };

/** The JSON of a request. No body at all reads as an empty object: actions need none. */
export async function readBody(request: Request): Promise<BodyReading> {
  const bytes = await readBytes(request, LARGEST_BYTES);
  if (bytes === null)
    return {
      ok: false,
      problem: 'too-large',
      detail: 'A body may have 1 MiB at most.',
    };
  if (bytes.length === 0) return { ok: true, value: {} };
  const type = request.headers.get('content-type') ?? '';
  if (!JSON_TYPE.test(type)) {
    const detail = `Send application/json, not ${type === '' ? 'a body without a type' : `"${type.slice(0, 100)}"`}.`;
    return { ok: false, problem: 'wrong-content-type', detail };
  }
  const text = decodeText(bytes);
  if (text === null)
    return {
      ok: false,
      problem: 'malformed-json',
      detail: 'The body is not UTF-8.',
    };
  const json = readJson(text);
  if (json.ok) return json;
  return {
    ok: false,
    problem: 'malformed-json',
    detail: `At ${json.at}: ${json.reason}.`,
  };
}

/** Null when there is more than may be; the rest is not read. */
export async function readBytes(request: Request, most: number): Promise<Buffer | null> {
  const announced = Number(request.headers.get('content-length') ?? 0);
  if (announced > most) return null;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > most) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function decodeText(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // A TextDecoder has no other way to say that bytes are not UTF-8.
    return null;
  }
}

/** A reader for bodies that a strict zod object describes in full. */
export function readerOf<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
): (body: unknown) => InputReading<z.output<z.ZodObject<Shape>>> {
  return (body) => readInput({ schema, members: { '': Object.keys(schema.shape) } }, body);
}
