'use client';

import { Check, ChevronsUpDown } from 'lucide-react';
import {
  Select as AriaSelect,
  type SelectProps as AriaSelectProps,
  Button,
  FieldError,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  SelectValue,
} from 'react-aria-components';
import { classNames } from './class-names.ts';
import { FIELD, FIELD_LABEL } from './text-field.tsx';

export interface Choice {
  readonly id: string;
  readonly name: string;
}

export interface SelectProps extends Omit<AriaSelectProps<Choice>, 'className' | 'children' | 'style'> {
  readonly label: string;
  readonly choices: readonly Choice[];
  /** Stands in a row of filters: the label is spoken, not drawn. */
  readonly isCompact?: boolean;
  readonly className?: string;
}

const COMPACT =
  'h-8 rounded border border-line bg-surface px-2.5 text-13 text-ink transition-colors hover:border-line-strong';

/** One of a list, found by typing its first letters. */
export function Select({ label, choices, isCompact = false, className, ...props }: SelectProps) {
  return (
    <AriaSelect {...props} className={classNames('flex flex-col gap-1.5', className)}>
      <Label className={isCompact ? 'sr-only' : FIELD_LABEL}>{label}</Label>
      <Button
        className={classNames(
          isCompact ? COMPACT : FIELD,
          'flex cursor-pointer items-center justify-between gap-2 text-left',
        )}
      >
        <SelectValue className="truncate">
          {({ selectedText, defaultChildren }) => selectedText || defaultChildren}
        </SelectValue>
        <ChevronsUpDown aria-hidden className="size-4 shrink-0 text-muted" />
      </Button>
      <FieldError className="text-12 text-wrong" />
      <Popover className="max-h-72 min-w-(--trigger-width) overflow-auto rounded border border-line bg-surface p-1 shadow-float">
        <ListBox items={choices} className="outline-none">
          {(choice) => (
            <ListBoxItem
              id={choice.id}
              textValue={choice.name}
              className="group flex h-8 cursor-pointer items-center gap-2 rounded-sm px-2 text-13 text-ink outline-none focus:bg-hover"
            >
              <Check aria-hidden className="invisible size-4 text-accent group-selected:visible" />
              {choice.name}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}
