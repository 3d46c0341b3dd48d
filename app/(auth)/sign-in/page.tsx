import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { Brand } from '../../../components/frame/brand.tsx';
import { guarded } from '../../_server/page.ts';
import { readSignedIn } from '../../_server/session.ts';
import { nextPathOf } from './next-path.ts';
import { SignInForm } from './sign-in-form.tsx';

export const metadata: Metadata = { title: 'Sign in' };

interface SignInProps {
  readonly searchParams: Promise<Record<string, string | string[] | undefined>>;
}

export default async function SignInPage({ searchParams }: SignInProps) {
  const nextPath = nextPathOf((await searchParams).next);
  const session = await guarded(readSignedIn);
  if (session) redirect(nextPath);
  return (
    <main className="dial-pad grid min-h-dvh place-items-center px-4 py-10">
      <div className="w-full max-w-sm rounded border border-line bg-surface p-6 shadow-float sm:p-8">
        <Brand />
        <h1 className="mt-6 text-20 font-semibold tracking-[-0.01em]">Sign in</h1>
        <p className="mt-1 mb-6 text-13 text-muted">To the console of your phone fleet.</p>
        <SignInForm nextPath={nextPath} />
      </div>
    </main>
  );
}
