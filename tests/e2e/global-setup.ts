import { type RunningProcess, startNode } from '../support/processes.ts';
import { writeFacts } from './installation-facts.ts';

/** Starts the installation and returns how to end it. */
export default async function globalSetup(): Promise<() => Promise<void>> {
  const installation: RunningProcess = startNode('tests/e2e/installation.ts', [], {
    env: { PROVOST_TEST_DATABASE: process.env.PROVOST_TEST_DATABASE },
  });
  const facts = await installation.waitForLine(/^\{"email"/);
  writeFacts(facts);
  process.env.E2E_BASE_URL = JSON.parse(facts).webUrl;
  return async () => {
    await installation.stop();
  };
}
