import { classNames } from '../ui/class-names.ts';
import type { Tone } from '../ui/status.tsx';
import { TONE_TEXT, ToneIcon } from '../ui/status.tsx';

export interface Liveness {
  readonly tone: Tone;
  readonly word: string;
  /** The whole sentence. */
  readonly detail: string;
}

/** Whether phones are being answered. */
export function LivePill({ liveness }: { readonly liveness: Liveness }) {
  return (
    <span
      role="status"
      title={liveness.detail}
      className={classNames(
        'inline-flex h-7 shrink-0 items-center gap-1.5 rounded-full border border-line bg-surface px-2.5 text-12 font-medium',
        TONE_TEXT[liveness.tone],
      )}
    >
      {liveness.tone === 'ok' ? (
        <span aria-hidden className="size-2 rounded-full bg-ok" />
      ) : (
        <ToneIcon tone={liveness.tone} className="size-3.5" />
      )}
      {liveness.word}
      <span className="sr-only">{`: ${liveness.detail}`}</span>
    </span>
  );
}
