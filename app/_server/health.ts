import { readInstallation } from '#lib/store/installation.ts';
import { webContext } from './context.ts';
import { logFailure } from './failure.ts';

/** Whether the database answers. */
export async function readHealth(): Promise<boolean> {
  try {
    return (await readInstallation(webContext().database.db)) !== null;
  } catch (error) {
    logFailure(error, { requestId: 'health', doing: 'GET /api/health' });
    return false;
  }
}
