'use client';

import { signIn } from 'next-auth/react';
import { type FormEvent, useState } from 'react';
import { Form } from 'react-aria-components';
import { Button } from '../../../components/ui/button.tsx';
import { Notice } from '../../../components/ui/status.tsx';
import { TextField } from '../../../components/ui/text-field.tsx';

export function SignInForm({ nextPath }: { readonly nextPath: string }) {
  const [message, setMessage] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    const refusal = await trySignIn(String(form.get('email')), String(form.get('password')));
    if (refusal === null) return window.location.assign(nextPath);
    setMessage(refusal);
    setBusy(false);
  };
  return (
    <Form onSubmit={submit} className="flex flex-col gap-4">
      <TextField
        label="Email"
        name="email"
        type="text"
        inputMode="email"
        autoComplete="username"
        isRequired
        autoFocus
      />
      <TextField
        label="Password"
        name="password"
        type="password"
        autoComplete="current-password"
        isRequired
      />
      <div role="alert">{message === null ? null : <Notice tone="wrong">{message}</Notice>}</div>
      <Button type="submit" look="primary" isPending={isBusy} size="large">
        {isBusy ? 'Signing in…' : 'Sign in'}
      </Button>
    </Form>
  );
}

/** Null when it worked, else what to tell. */
async function trySignIn(email: string, password: string): Promise<string | null> {
  const reply = await signIn('credentials', {
    email,
    password,
    redirect: false,
  }).catch(() => null);
  if (reply?.ok && !reply.error) return null;
  const waitSec = /^wait:(\d+)$/.exec(reply?.error ?? '')?.[1];
  if (waitSec)
    return `Too many attempts for this account from here. Try again in ${waitText(Number(waitSec))}.`;
  if (reply?.error === 'CredentialsSignin') return 'Email or password is wrong.';
  return 'Signing in did not work, because the console cannot reach its database. Try again in a moment.';
}

function waitText(seconds: number): string {
  return seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
}
