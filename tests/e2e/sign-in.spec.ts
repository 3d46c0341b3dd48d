import { readFacts } from './installation-facts.ts';
import { expect, signIn, test } from './signed-in.ts';

test('a wrong password is refused without saying what was wrong', async ({ page }) => {
  await page.goto('/sign-in');
  for (const email of [readFacts().email, 'nobody@example.net']) {
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByText('Email or password is wrong.')).toBeVisible();
  }
});

test('a page that was asked for signed out comes after signing in', async ({ page }) => {
  await page.goto('/new-phones');
  await expect(page).toHaveURL(/\/sign-in\?next=%2Fnew-phones$/);
  await page.getByLabel('Email').fill(readFacts().email);
  await page.getByLabel('Password').fill(readFacts().password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: 'New phones', level: 1 })).toBeVisible();
});

test('signing out ends the session: its cookie opens nothing any more', async ({ page, request }) => {
  await signIn(page);
  const cookies = await page.context().cookies();
  const session = cookies.find((cookie) => cookie.name === 'provost.session');
  expect(session).toMatchObject({ httpOnly: true, sameSite: 'Lax' });
  const headers = { cookie: `provost.session=${session?.value}` };
  expect((await request.get('/phones', { headers, maxRedirects: 0 })).status()).toBe(200);

  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/sign-in$/);
  expect((await request.get('/phones', { headers, maxRedirects: 0 })).status()).toBe(307);
  expect((await request.get('/changes', { headers, maxRedirects: 0 })).status()).toBe(401);
});

test('every sign-in has a session of its own, whatever cookie the browser brought', async ({ page }) => {
  await page.context().addCookies([{ name: 'provost.session', value: 'planted', url: readFacts().webUrl }]);
  await signIn(page);
  const [session] = (await page.context().cookies()).filter((cookie) => cookie.name === 'provost.session');
  expect(session?.value).not.toBe('planted');
});

test('guessing is slowed down after five failures', async ({ page }) => {
  await page.goto('/sign-in');
  await page.getByLabel('Email').fill('guessed@example.net');
  for (let attempt = 0; attempt < 6; attempt += 1) {
    await page.getByLabel('Password').fill(`guess ${attempt}`);
    const answer = page.waitForResponse('**/api/auth/callback/credentials*');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await answer;
    await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
  }
  await expect(page.getByText(/Too many attempts .* Try again in \d+ seconds/)).toBeVisible();
});

test('a sign-in that another site sends is refused', async ({ request }) => {
  for (const origin of ['https://evil.example', 'null', '']) {
    const headers: Record<string, string> = origin === '' ? {} : { origin };
    const answer = await request.post('/api/auth/callback/credentials', {
      headers,
      form: { email: readFacts().email, password: readFacts().password },
    });
    expect(answer.status()).toBe(403);
    expect(await answer.json()).toMatchObject({ type: 'urn:provost:problem:foreign-origin' });
  }
});
