import type { CommandLine } from './command-line.ts';
import { EXIT } from './command-line.ts';
import { askForUrl, findAddress } from './discovery.ts';
import { type Download, download } from './download.ts';
import type { Walked } from './phone-kind.ts';
import { type BootReport, describeDownload } from './report.ts';
import { findAccounts, mergeSettings } from './settings.ts';

export type Tell = (line: string) => void;

/** Boots once: finds its URL, fetches its files, merges them. Never throws for what a server does. */
export async function bootPhone(commandLine: CommandLine, tell: Tell): Promise<BootReport> {
  const startedAt = performance.now();
  const report = await boot(commandLine, tell);
  return { ...report, elapsedMs: performance.now() - startedAt };
}

type Report = Omit<BootReport, 'elapsedMs'>;

const NOTHING = { url: null, requests: [], settings: [], accounts: [], problems: [] } as const;

async function boot(commandLine: CommandLine, tell: Tell): Promise<Report> {
  const { server } = commandLine;
  if (server !== null) return configure(commandLine, { url: server, tell });
  const address = findAddress(commandLine.interfaceName);
  if (address === null)
    return {
      ...NOTHING,
      outcome: `this machine has no ${commandLine.interfaceName}`,
      exitCode: EXIT.wrongUse,
    };
  const discovery = await askForUrl({ ...commandLine, address, tell });
  if (!discovery.ok) return { ...NOTHING, outcome: discovery.reason, exitCode: EXIT.noAnswer };
  try {
    return await configure(commandLine, { url: discovery.url, tell });
  } finally {
    discovery.close();
  }
}

async function configure(
  commandLine: CommandLine,
  { url, tell }: { readonly url: string; readonly tell: Tell },
): Promise<Report> {
  const { kind, phone, timeoutMs } = commandLine;
  const requests: Download[] = [];
  const start = { phone, url: kind.expandUrl(url, phone), isFromDhcp: commandLine.server !== null };
  const walked = await kind.walk(start, async (target) => {
    const done = await download(target, { userAgent: kind.userAgent(phone), timeoutMs });
    requests.push(done);
    tell(describeDownload(done));
    return done.fetched;
  });
  const merged = mergeSettings(walked.applied);
  const accounts = findAccounts(merged.settings);
  const problems = [...walked.problems, ...merged.problems];
  const found = { url, requests, settings: merged.settings, accounts, problems };
  return { ...found, ...judge(walked, accounts.length) };
}

function judge(walked: Walked, accounts: number): Pick<Report, 'outcome' | 'exitCode'> {
  if (walked.applied.length === 0) return { outcome: 'no file was found', exitCode: EXIT.downloadFailed };
  if (walked.problems.length > 0)
    return { outcome: 'not every file could be fetched', exitCode: EXIT.downloadFailed };
  if (accounts === 0) return { outcome: 'no accounts', exitCode: EXIT.noAccounts };
  return { outcome: 'configured', exitCode: EXIT.configured };
}
