import { headers } from 'next/headers';
import { unstable_rethrow } from 'next/navigation';
import type { ZodType } from 'zod';
import type { Scope } from '#lib/domain/actor.ts';
import type { Refusal } from '#lib/store/outcome.ts';
import { webContext } from './context.ts';
import { logFailure } from './failure.ts';
import { isOwnOrigin } from './origin-check.ts';
import { requestIdOf } from './request-id.ts';
import { type Gate, requireUser } from './session.ts';

/** What a form shows after a press: `message` is for people; `fields` names the inputs that are wrong. */
export type ActionReply =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly message: string;
      readonly fields?: Readonly<Record<string, string>>;
      readonly requestId: string;
    };

interface ActionOptions<Input> {
  readonly scope: Scope;
  readonly input: ZodType<Input>;
}

/** A server action is a public endpoint: origin, person, right and input are checked here, before any work. */
export async function runAction<Input>(
  { scope, input }: ActionOptions<Input>,
  given: unknown,
  work: (gate: Gate, input: Input) => Promise<{ readonly ok: true } | Refusal>,
): Promise<ActionReply> {
  const requestHeaders = await headers();
  const requestId = requestIdOf(requestHeaders);
  if (!isOwnOrigin(requestHeaders, webContext().env.url)) {
    return {
      ok: false,
      message: 'This was sent from another site, so nothing was done.',
      requestId,
    };
  }
  try {
    const gate = await requireUser(scope);
    const parsed = input.safeParse(given);
    if (!parsed.success) return { ok: false, message: 'Some values are not valid.', requestId };
    const outcome = await work(gate, parsed.data);
    return outcome.ok ? { ok: true } : { ok: false, ...describeRefusal(outcome), requestId };
  } catch (error) {
    unstable_rethrow(error);
    const kind = logFailure(error, { requestId, doing: 'action' });
    return { ok: false, message: FAILURES[kind], requestId };
  }
}

const FAILURES = {
  unavailable: 'The database cannot be reached. Nothing was saved; try again in a moment.',
  unexpected: 'Something went wrong on our side. Nothing was saved.',
};

const REFUSALS: Record<Refusal['reason'], string> = {
  'not-found': 'It is not there any more.',
  forbidden: 'You may not do this. Ask an administrator.',
  invalid: 'Some values are not valid.',
  conflict: 'This is in conflict with something that exists.',
  stale: 'Somebody else changed it meanwhile. Look at it again, then repeat.',
  'mac-in-use': 'This MAC address belongs to another phone.',
  'shared-account': 'Another line uses this account too.',
  'wrong-state': 'The phone is not in a state for this.',
  'in-use': 'Something still uses this.',
};

function describeRefusal(refusal: Refusal): {
  message: string;
  fields?: Record<string, string>;
} {
  const details = refusal.pointers.map((place) => place.detail);
  const fields = refusal.pointers.map(({ pointer, detail }) => [pointer.split('/')[1] ?? '', detail]);
  return {
    message: details.length > 0 ? details.join(' ') : REFUSALS[refusal.reason],
    fields: Object.fromEntries(fields),
  };
}
