'use client';

import { LogOut, Monitor, Moon, Sun } from 'lucide-react';
import { type Key, useTransition } from 'react';
import { Header, MenuSection, Separator } from 'react-aria-components';
import { IconButton } from '../ui/button.tsx';
import { Menu, MenuItem } from '../ui/menu.tsx';
import type { Theme } from '../ui/theme.ts';

const LOOKS = [
  {
    id: 'theme-system',
    theme: 'system',
    name: 'Like the system',
    icon: Monitor,
  },
  { id: 'theme-light', theme: 'light', name: 'Light', icon: Sun },
  { id: 'theme-dark', theme: 'dark', name: 'Dark', icon: Moon },
] as const;

interface UserMenuProps {
  readonly email: string;
  readonly theme: Theme;
  readonly onChooseTheme: (theme: Theme) => Promise<void>;
  readonly onSignOut: () => Promise<void>;
}

export function UserMenu({ email, theme, onChooseTheme, onSignOut }: UserMenuProps) {
  const [, startTransition] = useTransition();
  const choose = (key: Key) => {
    const look = LOOKS.find(({ id }) => id === key);
    startTransition(() => (look ? onChooseTheme(look.theme) : onSignOut()));
  };
  return (
    <Menu
      aria-label="Your account"
      onAction={choose}
      trigger={
        <IconButton label={`Account of ${email}`} look="accent" isRound className="font-semibold">
          {email.charAt(0).toUpperCase()}
        </IconButton>
      }
    >
      <MenuSection>
        <Header className="px-2 py-1.5 text-12 text-muted">{email}</Header>
        {LOOKS.map(({ id, theme: itsTheme, name, icon: Icon }) => (
          <MenuItem key={id} id={id} textValue={name}>
            <Icon aria-hidden className="size-4 text-muted" />
            <span className="grow">{name}</span>
            {itsTheme === theme ? <span className="text-12 text-muted">chosen</span> : null}
          </MenuItem>
        ))}
      </MenuSection>
      <Separator className="my-1 border-t border-line" />
      <MenuItem id="sign-out" textValue="Sign out">
        <LogOut aria-hidden className="size-4 text-muted" />
        Sign out
      </MenuItem>
    </Menu>
  );
}
