import { startNode } from './processes.ts';

/** What a simulated phone says with --json. */
export interface PhoneReport {
  readonly outcome: string;
  readonly exitCode: number;
  readonly url: string | null;
  readonly requests: readonly { readonly url: string; readonly method: string; readonly status: string }[];
  readonly settings: readonly { readonly key: string; readonly value: string; readonly file: string }[];
  readonly accounts: readonly { readonly index: number; readonly user: string; readonly server: string }[];
  readonly problems: readonly string[];
}

/** Boots a phone in a process of its own, on loopback. */
export async function bootPhone(...args: readonly string[]): Promise<PhoneReport> {
  const phone = startNode('sip-worker/simulator/main.ts', ['--json', '--show-secrets', ...args]);
  const { code } = await phone.ended;
  const report = JSON.parse(phone.lines.join('\n')) as PhoneReport;
  if (report.exitCode !== code) throw new Error(`the phone said ${report.exitCode} and exited with ${code}`);
  return report;
}

/** The last segments of what a phone asked for, with the answers: `0021f222b01d.cfg 200`. */
export function askedFor(report: PhoneReport): string[] {
  return report.requests.map(({ url, status }) => `${url.slice(url.lastIndexOf('/') + 1)} ${status}`);
}
