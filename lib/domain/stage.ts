import type { DeviceState } from './device.ts';

/** What the stage of a phone is read from: a row of a list, or the device itself. */
export interface StageFacts {
  readonly state: DeviceState;
  readonly revision: number;
  readonly fetchedRevision: number | null;
  readonly publicationState: 'published' | 'failing' | 'queued';
  readonly behind: boolean;
  /** The first error that keeps its files from being published. */
  readonly reason: string | null;
  readonly lastSeenAt: string | null;
}

export interface Stage {
  /** The hue that the console gives it. */
  readonly tone: 'ok' | 'waiting' | 'wrong' | 'off';
  readonly word: string;
}

const SILENT_AFTER_DAYS = 3;
const DAY_MS = 24 * 60 * 60 * 1000;

/** One word for where a phone is on its way, the same everywhere. */
export function stageOf(facts: StageFacts, nowMs: number): Stage {
  if (facts.state === 'discovered') return { tone: 'waiting', word: 'Needs approval' };
  if (facts.state === 'retired') return { tone: 'off', word: 'Retired' };
  if (facts.publicationState === 'failing') {
    return { tone: 'wrong', word: facts.reason === null ? 'Failing' : `Failing: ${facts.reason}` };
  }
  if (facts.state === 'suspended') return { tone: 'off', word: 'Suspended' };
  if (facts.lastSeenAt === null && facts.fetchedRevision === null) return { tone: 'off', word: 'Never seen' };
  const silentDays = silenceInDays(facts.lastSeenAt, nowMs);
  if (silentDays >= SILENT_AFTER_DAYS) return { tone: 'off', word: `Silent for ${silentDays} days` };
  if (facts.fetchedRevision === null) return { tone: 'waiting', word: 'Seen' };
  const isCurrent = facts.fetchedRevision === facts.revision && !facts.behind;
  return isCurrent ? { tone: 'ok', word: 'Current config' } : { tone: 'waiting', word: 'Out of date' };
}

function silenceInDays(lastSeenAt: string | null, nowMs: number): number {
  return lastSeenAt === null ? 0 : Math.floor((nowMs - Date.parse(lastSeenAt)) / DAY_MS);
}

export interface Step {
  readonly name: string;
  readonly state: 'done' | 'waiting' | 'wrong' | 'ahead';
  /** What this step waits for or broke on, and what to do. */
  readonly detail: string | null;
}

interface StepsFacts extends StageFacts {
  readonly lastSeenAddress: string | null;
  /** The newest refusal, when nothing better came after it. */
  readonly refusal: string | null;
}

/** The way of a phone in four steps; the first that is not done says why. */
export function stepsOf(facts: StepsFacts): Step[] {
  const isSeen = facts.lastSeenAt !== null || facts.fetchedRevision !== null;
  const isApproved = facts.state !== 'discovered';
  const isFetched = facts.fetchedRevision !== null;
  const isCurrent = isFetched && facts.fetchedRevision === facts.revision && !facts.behind;
  const steps: readonly (readonly [name: string, isDone: boolean, detail: () => Detail])[] = [
    [
      'Seen',
      isSeen,
      () => waiting('It has not asked yet. Connect it, and point it at its provisioning address.'),
    ],
    ['Approved', isApproved, () => waiting('It waits for approval under New phones.')],
    [isFetched ? `Fetched rev ${facts.fetchedRevision}` : 'Fetched', isFetched, () => fetchDetail(facts)],
    ['Has current config', isCurrent && facts.publicationState !== 'failing', () => currentDetail(facts)],
  ];
  let isOpen = true;
  return steps.map(([name, isDone, detail]) => {
    if (isDone) return { name, state: 'done', detail: null };
    const step: Step = isOpen ? { name, ...detail() } : { name, state: 'ahead', detail: null };
    isOpen = false;
    return step;
  });
}

type Detail = Pick<Step, 'state' | 'detail'>;

function waiting(detail: string): Detail {
  return { state: 'waiting', detail };
}

function wrong(detail: string): Detail {
  return { state: 'wrong', detail };
}

function fetchDetail(facts: StepsFacts): Detail {
  if (facts.publicationState === 'failing')
    return wrong(`Nothing to fetch: ${facts.reason ?? 'its files have errors'}`);
  if (facts.refusal !== null) return wrong(facts.refusal);
  if (facts.revision === 0) return waiting('Its files are being made.');
  return waiting(
    'It has asked, but not fetched its configuration yet. It does so at its next boot or resync.',
  );
}

function currentDetail(facts: StepsFacts): Detail {
  if (facts.publicationState === 'failing') {
    return wrong(`It keeps revision ${facts.revision}: ${facts.reason ?? 'the newer files have errors'}`);
  }
  if (facts.behind) return waiting('Something it is made of has changed; its files are being made again.');
  if (facts.refusal !== null) return wrong(facts.refusal);
  return waiting(`Revision ${facts.revision} is ready. The phone fetches it at its next boot or resync.`);
}
