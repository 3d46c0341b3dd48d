/** The inside of a compile thread: it keeps the catalog it was given and answers one job at a time. */
import { parentPort } from 'node:worker_threads';
import type { Catalog } from '#lib/domain/catalog.ts';
import { type Compilation, compileDevice, compileSite } from '#lib/domain/compile.ts';
import { hasErrors, printableFinding } from '#lib/domain/finding.ts';
import { encodeProvenance } from '#lib/domain/provenance.ts';
import { type CompileJob, type CompileOutcome, READY, type ToThread } from './job.ts';

let catalog: Catalog | null = null;

parentPort?.on('message', (message: ToThread) => {
  if (message.kind === 'catalog') catalog = message.catalog;
  else if (catalog) parentPort?.postMessage(outcomeOf(compile(catalog, message.job)));
});
parentPort?.postMessage(READY);

function compile(current: Catalog, job: CompileJob): Compilation {
  if (job.kind === 'device') return compileDevice(current, job.device, { token: job.token });
  const site = current.sites.get(job.siteId);
  return site ? compileSite(current, site, job.vendor) : { files: [], findings: [] };
}

function outcomeOf(compilation: Compilation): CompileOutcome {
  const { files } = compilation;
  const findings = compilation.findings.map(printableFinding);
  if (hasErrors(findings)) return { ok: false, findings };
  return {
    ok: true,
    findings,
    files: files.map((file) => ({
      name: file.name,
      role: file.role,
      contentType: file.contentType,
      text: file.text,
      provenance: encodeProvenance(file),
    })),
  };
}
