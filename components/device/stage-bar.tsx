import { Check, TriangleAlert } from 'lucide-react';
import type { Step } from '#lib/domain/stage.ts';
import { classNames } from '../ui/class-names.ts';

const DOT: Record<Step['state'], string> = {
  done: 'border-ok bg-ok text-surface',
  waiting: 'border-waiting bg-surface text-waiting',
  wrong: 'border-wrong bg-wrong text-surface',
  ahead: 'border-line-strong bg-surface text-muted',
};

const WORD: Record<Step['state'], string> = {
  done: 'text-ink',
  waiting: 'font-medium text-waiting',
  wrong: 'font-medium text-wrong',
  ahead: 'text-muted',
};

const SPOKEN: Record<Step['state'], string> = {
  done: 'done',
  waiting: 'waiting',
  wrong: 'wrong',
  ahead: 'not yet',
};

/** How far a phone has come; the step that it stands at says what it waits for. */
export function StageBar({ steps }: { readonly steps: readonly Step[] }) {
  const detail = steps.find((step) => step.detail !== null);
  return (
    <section aria-label="Stage" className="rounded border border-line bg-surface px-4 py-3">
      <ol className="flex flex-col gap-2 sm:flex-row sm:items-center">
        {steps.map((step, at) => (
          <li key={step.name} className={classNames('flex items-center gap-2', at > 0 && 'sm:grow')}>
            {at > 0 ? (
              <span
                aria-hidden
                className={classNames(
                  'hidden h-px min-w-4 grow sm:block',
                  step.state === 'done' ? 'bg-ok' : 'bg-line-strong',
                )}
              />
            ) : null}
            <StepDot state={step.state} />
            <span className={classNames('text-13 whitespace-nowrap', WORD[step.state])}>
              {step.name}
              <span className="sr-only">{`, ${SPOKEN[step.state]}`}</span>
            </span>
          </li>
        ))}
      </ol>
      {detail ? <p className={classNames('mt-2 text-13', detailColour(detail))}>{detail.detail}</p> : null}
    </section>
  );
}

function StepDot({ state }: { readonly state: Step['state'] }) {
  return (
    <span
      aria-hidden
      className={classNames(
        'grid size-5 shrink-0 place-items-center rounded-full border-[1.5px]',
        DOT[state],
      )}
    >
      {state === 'done' ? <Check className="size-3.5" strokeWidth={3} /> : null}
      {state === 'wrong' ? <TriangleAlert className="size-3" strokeWidth={2.5} /> : null}
      {state === 'waiting' ? <span className="size-2 rounded-full bg-waiting" /> : null}
    </span>
  );
}

function detailColour(step: Step): string {
  return step.state === 'wrong' ? 'text-wrong' : 'text-muted';
}
