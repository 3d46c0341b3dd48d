import { test as base, expect, type Page } from '@playwright/test';
import { readFacts } from './installation-facts.ts';

export { expect };

/** `signedIn` is a page whose person has signed in, and stands on the list of phones. */
export const test = base.extend<{ signedIn: Page }>({
  signedIn: async ({ page }, use) => {
    await signIn(page);
    await use(page);
  },
});

export async function signIn(page: Page): Promise<void> {
  const { email, password } = readFacts();
  await page.goto('/sign-in');
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/phones');
}
