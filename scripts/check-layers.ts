/**
 * Holds every import of the project against the table of who may import what (CONTRIBUTING.md, "Who may import what").
 * There is no allowlist: a file that does not fit is in the wrong room.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import process from 'node:process';

const root = path.resolve(import.meta.dirname, '..');
const ROOMS = ['lib', 'app', 'components', 'sip-worker', 'prisma', 'scripts', 'bench', 'tests'];
const FORBIDDEN_NAMES = /^(utils?|helpers?|common|misc|types|constants|index)(\.|$)/;
const LIB_RINGS = ['domain', 'compiler', 'store', 'system'];
const NEXT_LIBRARIES = ['next', 'next-auth', 'react', 'react-dom', 'server-only', 'client-only'];
const UI_LIBRARIES = ['react', 'react-dom', 'react-aria-components', 'lucide-react', 'next'];

/** A ring: the folder (longest match wins), the project folders it may import, and the packages it may import. */
interface Ring {
  readonly folder: string;
  readonly project: readonly string[];
  readonly packages: readonly string[] | 'any';
}

const RINGS: readonly Ring[] = [
  { folder: 'lib/domain', project: ['lib/domain'], packages: ['zod', 'liquidjs', 'ipaddr.js'] },
  { folder: 'lib/compiler', project: ['lib/compiler', 'lib/domain'], packages: ['node'] },
  { folder: 'lib/system', project: ['lib/system'], packages: 'any' },
  {
    folder: 'lib/store',
    project: ['lib/store', 'lib/domain', 'lib/compiler', 'lib/system', 'prisma'],
    packages: ['node', 'pg', '@prisma/client', '@prisma/adapter-pg', 'zod'],
  },
  { folder: 'sip-worker/sip', project: ['sip-worker/sip'], packages: [] },
  {
    folder: 'sip-worker/simulator',
    project: ['sip-worker/simulator', 'sip-worker/sip', 'sip-worker/files/tftp/packet.ts', 'lib/domain'],
    packages: ['node'],
  },
  {
    folder: 'sip-worker',
    project: ['sip-worker', 'lib'],
    packages: ['node', 'zod', 'prom-client', 'pino', 'ipaddr.js'],
  },
  { folder: 'components', project: ['components', 'lib/domain'], packages: UI_LIBRARIES },
  { folder: 'app/_server', project: ['app/_server', 'lib'], packages: [...NEXT_LIBRARIES, 'node', 'zod'] },
  {
    folder: 'app',
    project: ['app', 'components', 'lib/domain', 'lib/store'],
    packages: [...NEXT_LIBRARIES, ...UI_LIBRARIES, 'zod', '@fontsource-variable'],
  },
  { folder: 'prisma', project: ['prisma', 'lib'], packages: 'any' },
  {
    folder: 'scripts',
    project: ['scripts', 'lib', 'sip-worker', 'prisma', 'tests/support'],
    packages: 'any',
  },
  { folder: 'bench', project: ['bench', 'lib', 'sip-worker', 'tests/support'], packages: 'any' },
  { folder: 'tests', project: ['tests', 'lib', 'sip-worker', 'app', 'prisma', 'scripts'], packages: 'any' },
];

/** Narrower than the ring they stand in: pure files that know no socket, and the one door to the database client. */
const PURE_FILES = /^sip-worker\/(files\/tftp\/(packet|transfer)|pnp\/(subscription|notify))\.ts$/;
const CLIENT_FACTORY = /^lib\/store\/(client|feed-listener)\.ts$/;

const problems: string[] = [];
for (const file of ROOMS.flatMap((room) => listSources(room))) checkFile(file);
for (const problem of problems) console.error(problem);
console.log(problems.length === 0 ? 'layers hold' : `${problems.length} imports or names are out of place`);
process.exit(problems.length === 0 ? 0 : 1);

function checkFile(file: string): void {
  checkName(file);
  const ring = RINGS.filter((candidate) => file.startsWith(`${candidate.folder}/`)).sort(
    (a, b) => b.folder.length - a.folder.length,
  )[0];
  if (!ring) return;
  const source = readFileSync(path.join(root, file), 'utf8');
  for (const specifier of importsOf(source)) {
    const target = projectTarget(file, specifier);
    const allowed = target === null ? mayUsePackage(file, ring, specifier) : mayUseFile(file, ring, target);
    if (!allowed) problems.push(`${file}: may not import ${specifier}`);
  }
}

function checkName(file: string): void {
  const parts = file.split('/');
  if (parts.slice(1).some((part) => FORBIDDEN_NAMES.test(part)) && parts[0] !== 'tests')
    problems.push(`${file}: a drawer instead of a name`);
  if (parts[0] === 'lib' && !LIB_RINGS.includes(parts[1] ?? ''))
    problems.push(`${file}: lib has four rings and no loose files`);
}

function mayUseFile(file: string, ring: Ring, target: string): boolean {
  if (isTest(file) && target.startsWith('tests/')) return true;
  if (PURE_FILES.test(file))
    return (
      target.startsWith(path.posix.dirname(file)) ||
      target.startsWith('sip-worker/sip/') ||
      target.startsWith('lib/domain/')
    );
  if (ring.folder === 'app' && CLIENT_FACTORY.test(target)) return false;
  return ring.project.some((place) => target === place || target.startsWith(`${place}/`));
}

function mayUsePackage(file: string, ring: Ring, specifier: string): boolean {
  const builtin = specifier.startsWith('node:') || builtinModules.includes(specifier);
  if (isTest(file)) return true;
  if (PURE_FILES.test(file)) return false;
  if (ring.packages === 'any') return true;
  const name = builtin ? 'node' : specifier;
  return ring.packages.some((allowed) => name === allowed || name.startsWith(`${allowed}/`));
}

/** The project file that a specifier names, relative to the root; null for a package. */
function projectTarget(file: string, specifier: string): string | null {
  if (specifier.startsWith('.'))
    return path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier));
  if (specifier.startsWith('#')) return specifier.slice(1);
  return null;
}

function importsOf(source: string): string[] {
  const pattern =
    /(?:^|[\s;}])(?:import|export)\s(?:[^'"`;]*?\sfrom\s*)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;
  return [...source.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? '');
}

function isTest(file: string): boolean {
  return /\.test\.tsx?$/.test(file);
}

function listSources(folder: string): string[] {
  const entries = readdirSync(path.join(root, folder), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .filter((file) => !file.startsWith('prisma/generated/'));
}
