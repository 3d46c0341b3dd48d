/** What children are given beyond our own environment. The secret key is not: where it is in a file, they read the file. */
import type { Environment } from '#lib/system/env.ts';
import type { Vault } from '#lib/system/secrets.ts';

export function childEnvironment(env: NodeJS.ProcessEnv, databaseUrl: string | null): NodeJS.ProcessEnv {
  return { ...env, NODE_ENV: 'production', ...(databaseUrl === null ? {} : { DATABASE_URL: databaseUrl }) };
}

export function webEnvironment(
  about: { readonly env: NodeJS.ProcessEnv; readonly environment: Environment },
  databaseUrl: string,
  vault: Vault,
): NodeJS.ProcessEnv {
  const { url, port } = about.environment;
  return {
    ...childEnvironment(about.env, databaseUrl),
    PORT: String(port),
    NEXTAUTH_SECRET: vault.deriveSecret('next-auth').toString('base64'),
    NEXTAUTH_URL: url ?? `http://localhost:${port}`,
    // Without a fixed address the console answers under every one the machine has.
    ...(url === null ? { AUTH_TRUST_HOST: 'true' } : {}),
    NEXT_SERVER_ACTIONS_ENCRYPTION_KEY: vault.deriveSecret('server-actions').toString('base64'),
    NEXT_TELEMETRY_DISABLED: '1',
  };
}
