'use server';

import { cookies } from 'next/headers';
import { redirect } from 'next/navigation';
import { z } from 'zod';
import { THEME_COOKIE, THEMES, type Theme } from '../../components/ui/theme.ts';
import { runAction } from '../_server/action.ts';
import { endSession } from '../_server/session.ts';

export async function signOut(): Promise<void> {
  await runAction({ scope: 'read', input: z.undefined() }, undefined, async () => {
    await endSession();
    redirect('/sign-in');
  });
}

const YEAR_SECONDS = 365 * 24 * 60 * 60;

export async function chooseTheme(theme: Theme): Promise<void> {
  await runAction({ scope: 'read', input: z.enum(THEMES) }, theme, async (_gate, chosen) => {
    (await cookies()).set(THEME_COOKIE, chosen, {
      path: '/',
      sameSite: 'lax',
      maxAge: YEAR_SECONDS,
    });
    return { ok: true };
  });
}
