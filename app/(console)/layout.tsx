import { cookies } from 'next/headers';
import type { ReactNode } from 'react';
import { Brand } from '../../components/frame/brand.tsx';
import { LivePill } from '../../components/frame/live-pill.tsx';
import { Navigation } from '../../components/frame/navigation.tsx';
import { NavigationMenu } from '../../components/frame/navigation-menu.tsx';
import { SearchBox } from '../../components/frame/search-box.tsx';
import { UserMenu } from '../../components/frame/user-menu.tsx';
import { THEME_COOKIE, themeOf } from '../../components/ui/theme.ts';
import { guarded } from '../_server/page.ts';
import { readFrame } from './frame.ts';
import { chooseTheme, signOut } from './session-actions.ts';

/** What stands around every page. It protects what it shows itself; each page has a gate of its own. */
export default async function ConsoleLayout({ children }: { readonly children: ReactNode }) {
  const { counts, liveness, email } = await guarded(readFrame);
  const theme = themeOf((await cookies()).get(THEME_COOKIE)?.value);
  return (
    <div className="lg:grid lg:grid-cols-[216px_minmax(0,1fr)]">
      <a
        href="#content"
        className="sr-only z-40 rounded bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to content
      </a>
      <aside className="sticky top-0 hidden h-dvh flex-col gap-5 border-r border-line bg-rail px-3 py-4 lg:flex">
        <div className="px-2">
          <Brand />
        </div>
        <Navigation counts={counts} />
      </aside>
      <div className="min-w-0">
        <div className="hairline-b sticky top-0 z-20 flex h-13 items-center gap-2 bg-canvas px-4 sm:gap-3 lg:px-6">
          <NavigationMenu counts={counts} />
          <SearchBox />
          <div className="ml-auto flex items-center gap-2">
            <LivePill liveness={liveness} />
            <UserMenu email={email} theme={theme} onChooseTheme={chooseTheme} onSignOut={signOut} />
          </div>
        </div>
        <main id="content" tabIndex={-1} className="mx-auto max-w-[1400px] px-4 py-5 outline-none lg:px-6">
          {children}
        </main>
      </div>
    </div>
  );
}
