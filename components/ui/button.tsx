'use client';

import type { ReactNode } from 'react';
import {
  Button as AriaButton,
  type ButtonProps as AriaButtonProps,
  Link as AriaLink,
} from 'react-aria-components';
import { classNames } from './class-names.ts';

export type ButtonLook = 'primary' | 'secondary' | 'quiet' | 'danger' | 'accent';
type ButtonSize = 'small' | 'normal' | 'large';

const SHAPE =
  'inline-flex shrink-0 cursor-pointer items-center justify-center gap-1.5 text-13 font-medium ' +
  'whitespace-nowrap transition-colors disabled:cursor-default disabled:opacity-55';

const LOOKS: Record<ButtonLook, string> = {
  primary: 'bg-accent text-on-accent hover:bg-accent-strong',
  secondary: 'border border-line bg-surface text-ink hover:bg-hover',
  quiet: 'text-muted hover:bg-hover hover:text-ink',
  danger: 'border border-line bg-surface text-wrong hover:bg-wrong-wash',
  accent: 'bg-accent-wash text-accent',
};

const SIZES: Record<ButtonSize, string> = {
  small: 'h-7 rounded px-2.5',
  normal: 'h-8 rounded px-3',
  large: 'h-9 rounded px-4 text-14',
};

export interface ButtonProps extends Omit<AriaButtonProps, 'className' | 'children' | 'style'> {
  readonly look?: ButtonLook;
  readonly size?: ButtonSize;
  readonly className?: string;
  readonly children: ReactNode;
}

export function Button({ look = 'secondary', size = 'normal', className, ...props }: ButtonProps) {
  return <AriaButton {...props} className={classNames(SHAPE, SIZES[size], LOOKS[look], className)} />;
}

interface IconButtonProps extends Omit<ButtonProps, 'aria-label' | 'size' | 'className'> {
  /** What it is called. */
  readonly label: string;
  readonly size?: keyof typeof SQUARES;
  readonly isRound?: boolean;
  readonly className?: string;
}

const SQUARES = { small: 'size-7', normal: 'size-8' };

/** A square button with an icon alone. */
export function IconButton({
  label,
  look = 'quiet',
  size = 'normal',
  isRound = false,
  className,
  ...props
}: IconButtonProps) {
  const shape = classNames(SHAPE, SQUARES[size], isRound ? 'rounded-full' : 'rounded', LOOKS[look]);
  return <AriaButton {...props} aria-label={label} className={classNames(shape, className)} />;
}

interface ButtonLinkProps {
  readonly href: string;
  readonly look?: ButtonLook;
  readonly className?: string;
  readonly children: ReactNode;
}

/** Looks like a button, goes somewhere. */
export function ButtonLink({ look = 'secondary', className, ...props }: ButtonLinkProps) {
  return <AriaLink {...props} className={classNames(SHAPE, SIZES.normal, LOOKS[look], className)} />;
}
