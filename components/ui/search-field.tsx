'use client';

import { Search, X } from 'lucide-react';
import {
  SearchField as AriaSearchField,
  type SearchFieldProps as AriaSearchFieldProps,
  Button,
  Input,
} from 'react-aria-components';
import { classNames } from './class-names.ts';

interface SearchFieldProps extends Omit<AriaSearchFieldProps, 'className' | 'children' | 'style'> {
  readonly label: string;
  readonly placeholder: string;
  readonly className?: string;
}

export function SearchField({ label, placeholder, className, ...props }: SearchFieldProps) {
  return (
    <AriaSearchField {...props} aria-label={label} className={classNames('group relative', className)}>
      <Search aria-hidden className="pointer-events-none absolute top-2 left-2.5 size-4 text-muted" />
      <Input
        placeholder={placeholder}
        className="h-8 w-full rounded border border-line bg-surface pr-8 pl-8 text-13 text-ink placeholder:text-muted hover:border-line-strong focus:border-accent focus:outline-2 focus:outline-offset-0 focus:outline-accent [&::-webkit-search-cancel-button]:hidden"
      />
      <Button className="absolute top-1 right-1 grid size-6 cursor-pointer place-items-center rounded-sm text-muted group-data-empty:hidden hover:bg-hover hover:text-ink">
        <X aria-hidden className="size-3.5" />
      </Button>
    </AriaSearchField>
  );
}
