import { defineConfig } from '@playwright/test';

/** Real Chromium against a real installation, which tests/e2e/global-setup.ts starts once for all tests. */
export default defineConfig({
  testDir: 'tests/e2e',
  outputDir: '.cache/e2e/results',
  globalSetup: './tests/e2e/global-setup.ts',
  workers: 1,
  fullyParallel: false,
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  reporter: 'list',
  projects: [
    { name: 'empty', testMatch: 'empty-installation.spec.ts' },
    {
      name: 'console',
      testMatch: '*.spec.ts',
      testIgnore: 'empty-installation.spec.ts',
      dependencies: ['empty'],
    },
  ],
  use: {
    baseURL: process.env.E2E_BASE_URL,
    locale: 'en-GB',
    timezoneId: 'UTC',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
