import { AxeBuilder } from '@axe-core/playwright';
import { putDevice } from './api-client.ts';
import { expect, signIn, test } from './signed-in.ts';

const PHONE = {
  model: 'flyingvoice/fip14g',
  site: 'default',
  label: 'Axe',
  lines: [{ index: 1, userName: '1009', password: 'x', sipServer: 'pbx.example.net' }],
};

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1440, 390]) {
    test(`every page is clean for axe, ${colorScheme}, ${width} wide`, async ({ browser, baseURL }) => {
      const { id } = await putDevice('0021f222ba0e', PHONE);
      const context = await browser.newContext({ baseURL, colorScheme, viewport: { width, height: 900 } });
      const page = await context.newPage();
      const said: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error' && !/404/.test(message.text())) said.push(message.text());
      });
      await page.goto('/sign-in');
      await checkPage(page);
      await signIn(page);
      const paths = ['', '/lines', '/files', '/timeline'].map((tab) => `/phones/${id}${tab}`);
      for (const path of ['/phones', '/phones?q=nothing-like-this', '/new-phones', ...paths, '/nowhere']) {
        await page.goto(path);
        await checkPage(page);
      }
      expect(said).toEqual([]);
      await context.close();
    });
  }
}

async function checkPage(page: import('@playwright/test').Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await page.getByRole('status', { name: 'Loading' }).waitFor({ state: 'detached' });
  await expect(page).toHaveTitle(/Provost$/);
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(
    ({ id, nodes }) => `${page.url()} ${id}: ${nodes.map(({ html }) => html).join(' ')}`,
  );
  expect(found).toEqual([]);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(overflow, `${page.url()} scrolls sideways`).toBeLessThanOrEqual(0);
}
