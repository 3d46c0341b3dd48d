'use client';

import type { ReactNode } from 'react';
import {
  Menu as AriaMenu,
  MenuItem as AriaMenuItem,
  type MenuItemProps as AriaMenuItemProps,
  type MenuProps as AriaMenuProps,
  MenuTrigger,
  Popover,
} from 'react-aria-components';
import { classNames } from './class-names.ts';

interface MenuProps extends Omit<AriaMenuProps<object>, 'className' | 'style'> {
  readonly trigger: ReactNode;
}

/** What can be done here: the trigger is a button, the children are items. */
export function Menu({ trigger, ...props }: MenuProps) {
  return (
    <MenuTrigger>
      {trigger}
      <Popover
        placement="bottom end"
        className="min-w-48 rounded border border-line bg-surface p-1 shadow-float"
      >
        <AriaMenu {...props} className="outline-none" />
      </Popover>
    </MenuTrigger>
  );
}

interface MenuItemProps extends Omit<AriaMenuItemProps, 'className' | 'style' | 'children'> {
  readonly isDangerous?: boolean;
  readonly children: ReactNode;
}

export function MenuItem({ isDangerous = false, children, ...props }: MenuItemProps) {
  return (
    <AriaMenuItem
      {...props}
      className={classNames(
        'flex h-8 cursor-pointer items-center gap-2 rounded-sm px-2 text-13 outline-none focus:bg-hover',
        isDangerous ? 'text-wrong' : 'text-ink',
      )}
    >
      {children}
    </AriaMenuItem>
  );
}
