import { parseBootFile } from './boot-file.ts';
import type { Walk } from './vendor.ts';

/** A place that no name resolves to; only what lies below it is ours to serve. */
const BELOW = 'http://files.invalid/d/x/';

/**
 * Goes through a boot file and what it includes, in order, as Flyingvoice and Yealink phones do: every include is
 * applied, later ones over earlier ones. Includes with a scheme or of other folders are another server's business.
 * @param bootName the boot file that the phone found
 * @param readFile text of a file that is served beside it; null: nothing serves it
 */
export function walkBootFile(
  bootName: string,
  readFile: (name: string) => string | null,
  model: string | null,
): Walk {
  const walk = {
    applied: [] as string[],
    missing: [] as Walk['missing'][number][],
    malformed: [] as Walk['malformed'][number][],
    cycle: null as string[] | null,
  };
  visit(bootName, []);
  return walk;

  function visit(name: string, path: readonly string[]): void {
    const text = readFile(name);
    if (text === null || walk.cycle !== null) return;
    walk.applied.push(name);
    const boot = parseBootFile(text, { url: `${BELOW}${name}`, model });
    walk.malformed.push(...boot.errors.map(({ line, text }) => ({ file: name, line, reason: text })));
    const including = [...path, name];
    for (const include of boot.includes) {
      const target = localName(include.resolved);
      if (target === null) continue;
      if (including.includes(target)) walk.cycle ??= [...including, target];
      else if (readFile(target) === null) walk.missing.push({ file: name, line: include.line, target });
      else if (target.endsWith('.boot')) visit(target, including);
      else walk.applied.push(target);
    }
  }
}

function localName(resolved: string): string | null {
  return resolved.startsWith(BELOW) ? decodeName(resolved.slice(BELOW.length)) : null;
}

/** A percent sign that escapes nothing stands for itself. */
function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    // decodeURIComponent has no other way to say that it cannot.
    return name;
  }
}
