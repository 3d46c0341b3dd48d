'use client';

import {
  TextField as AriaTextField,
  type TextFieldProps as AriaTextFieldProps,
  FieldError,
  Input,
  Label,
  Text,
} from 'react-aria-components';
import { classNames } from './class-names.ts';

export const FIELD =
  'h-9 w-full rounded border border-line-strong bg-surface px-2.5 text-14 text-ink transition-colors ' +
  'placeholder:text-muted hover:border-muted focus:border-accent focus:outline-2 focus:outline-accent ' +
  'focus:outline-offset-0 data-invalid:border-wrong';

export const FIELD_LABEL = 'text-13 font-medium text-ink';

export interface TextFieldProps extends Omit<AriaTextFieldProps, 'className' | 'children' | 'style'> {
  readonly label: string;
  readonly hint?: string;
  readonly placeholder?: string;
  readonly className?: string;
}

export function TextField({ label, hint, placeholder, className, ...props }: TextFieldProps) {
  return (
    <AriaTextField {...props} className={classNames('flex flex-col gap-1.5', className)}>
      <Label className={FIELD_LABEL}>{label}</Label>
      <Input className={FIELD} placeholder={placeholder} />
      {hint ? (
        <Text slot="description" className="text-12 text-muted">
          {hint}
        </Text>
      ) : null}
      <FieldError className="text-12 text-wrong" />
    </AriaTextField>
  );
}
