/**
 * Stands in for worker or console where only their being started and ended is of interest. STUB_<NAME> says how it
 * behaves: `die:<n>` ends with code 3 the first n times, `refuse` ends with code 78, `linger` does not end when asked to.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';

const name = process.argv[2] ?? 'child';
const behaviour = process.env[`STUB_${name.toUpperCase()}`] ?? '';
const starts = path.join(process.env.PROVOST_DATA_DIR ?? '.', `${name}.starts`);
const before = existsSync(starts) ? readFileSync(starts, 'utf8').length : 0;
appendFileSync(starts, 'x');
if (behaviour === 'refuse') process.exit(78);
if (behaviour.startsWith('die:') && before < Number(behaviour.slice('die:'.length))) process.exit(3);

process.on('SIGTERM', () => {
  if (behaviour === 'linger') {
    console.log(`${name} lingers`);
    return;
  }
  console.log(`${name} stopped`);
  process.exit(0);
});
const server = createServer((_, response) => response.end('ok'));
server.listen(name === 'web' ? Number(process.env.PORT) : 0, '127.0.0.1', () =>
  console.log(`${name} up ${process.pid} ${process.env.DATABASE_URL}`),
);
