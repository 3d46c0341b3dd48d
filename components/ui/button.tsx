'use client';

import type { ReactNode } from 'react';
import {
  Button as AriaButton,
  type ButtonProps as AriaButtonProps,
  Link as AriaLink,
} from 'react-aria-components';
import { classNames } from './class-names.ts';

export type ButtonLook = 'primary' | 'secondary' | 'quiet' | 'danger';

const SHAPE =
  'inline-flex h-8 shrink-0 cursor-pointer items-center justify-center gap-1.5 rounded px-3 text-13 font-medium ' +
  'whitespace-nowrap transition-colors disabled:cursor-default disabled:opacity-55';

const LOOKS: Record<ButtonLook, string> = {
  primary: 'bg-accent text-on-accent hover:bg-accent-strong',
  secondary: 'border border-line bg-surface text-ink hover:bg-hover',
  quiet: 'text-muted hover:bg-hover hover:text-ink',
  danger: 'border border-line bg-surface text-wrong hover:bg-wrong-wash',
};

export interface ButtonProps extends Omit<AriaButtonProps, 'className' | 'children' | 'style'> {
  readonly look?: ButtonLook;
  readonly className?: string;
  readonly children: ReactNode;
}

export function Button({ look = 'secondary', className, ...props }: ButtonProps) {
  return <AriaButton {...props} className={classNames(SHAPE, LOOKS[look], className)} />;
}

/** A square button with an icon alone; `label` is what it is called. */
export function IconButton({
  label,
  look = 'quiet',
  className,
  ...props
}: Omit<ButtonProps, 'aria-label'> & { readonly label: string }) {
  return (
    <AriaButton
      {...props}
      aria-label={label}
      className={classNames(SHAPE, LOOKS[look], 'w-8 px-0', className)}
    />
  );
}

interface ButtonLinkProps {
  readonly href: string;
  readonly look?: ButtonLook;
  readonly className?: string;
  readonly children: ReactNode;
}

/** Looks like a button, goes somewhere. */
export function ButtonLink({ look = 'secondary', className, ...props }: ButtonLinkProps) {
  return <AriaLink {...props} className={classNames(SHAPE, LOOKS[look], className)} />;
}
