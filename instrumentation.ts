import type { Instrumentation } from 'next';

/** Before the first request: the environment is read, and from then on every request comes through the front door. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const { openWeb } = await import('./app/_server/start.ts');
  openWeb();
}

/** What no gate has caught: errors inside components, and in the framework. */
export const onRequestError: Instrumentation.onRequestError = async (error, request) => {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const { logUncaught } = await import('./app/_server/start.ts');
  logUncaught(error, request);
};
