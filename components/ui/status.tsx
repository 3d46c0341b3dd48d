import { CircleAlert, CircleCheck, CircleDashed, CircleSlash } from 'lucide-react';
import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';

/** The four hues of a state. A hue never speaks alone: icon and word go with it. */
export type Tone = 'ok' | 'waiting' | 'wrong' | 'off';

const ICONS = {
  ok: CircleCheck,
  waiting: CircleDashed,
  wrong: CircleAlert,
  off: CircleSlash,
};

export const TONE_TEXT: Record<Tone, string> = {
  ok: 'text-ok',
  waiting: 'text-waiting',
  wrong: 'text-wrong',
  off: 'text-off',
};

export const TONE_WASH: Record<Tone, string> = {
  ok: 'bg-ok-wash text-ok',
  waiting: 'bg-waiting-wash text-waiting',
  wrong: 'bg-wrong-wash text-wrong',
  off: 'bg-off-wash text-off',
};

export function ToneIcon({ tone, className }: { readonly tone: Tone; readonly className?: string }) {
  const Icon = ICONS[tone];
  return <Icon aria-hidden className={classNames('size-4 shrink-0', className)} strokeWidth={2} />;
}

interface StatusProps {
  readonly tone: Tone;
  readonly children: ReactNode;
  readonly className?: string;
}

export function Status({ tone, children, className }: StatusProps) {
  return (
    <span
      className={classNames(
        'inline-flex max-w-full min-w-0 items-center gap-1.5 align-bottom',
        TONE_TEXT[tone],
        className,
      )}
    >
      <ToneIcon tone={tone} />
      <span className="truncate">{children}</span>
    </span>
  );
}

/** What went wrong, or what to know, in place. */
export function Notice({ tone, children, className }: StatusProps) {
  return (
    <div
      className={classNames('flex items-start gap-2 rounded px-3 py-2 text-13', TONE_WASH[tone], className)}
    >
      <ToneIcon tone={tone} className="mt-0.5" />
      <div className="min-w-0">{children}</div>
    </div>
  );
}
