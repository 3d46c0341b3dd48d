import type { Download } from './download.ts';
import type { PhoneAccount, Setting } from './settings.ts';

/** What came of a boot. */
export interface BootReport {
  readonly outcome: string;
  readonly exitCode: number;
  /** The start URL; null when nobody told one. */
  readonly url: string | null;
  readonly requests: readonly Download[];
  readonly settings: readonly Setting[];
  readonly accounts: readonly PhoneAccount[];
  readonly problems: readonly string[];
  readonly elapsedMs: number;
}

export type Mask = (text: string) => string;

/** Hides the token in our own URLs, wherever they stand. */
export function maskUrls(text: string): string {
  return text.replace(/(\/d\/)[a-z2-7]{16,}([a-z2-7]{4})/g, '$1…$2');
}

export function describeDownload({ method, url, status, bytes, durationMs }: Download): string {
  const name = url.replace(/^[a-z]+:\/\/[^/]*/i, '');
  const size = bytes > 0 ? `, ${bytes} bytes` : '';
  return `${method} ${name}  ${status}${size}, ${Math.round(durationMs)} ms`;
}

/** The settings with the file that each came from, as lines; secrets hidden unless shown. */
export function describeSettings(settings: readonly Setting[], showSecrets: boolean): string[] {
  const lines = settings.map((setting) => ({
    text: `${setting.key}=${shownValue(setting, showSecrets)}`,
    file: setting.file,
  }));
  const width = Math.min(60, Math.max(0, ...lines.map(({ text }) => text.length)));
  return lines.map(({ text, file }) => `  ${text.padEnd(width)}  ${file}`);
}

export function toJson(report: BootReport, showSecrets: boolean): string {
  const mask: Mask = showSecrets ? (text) => text : maskUrls;
  const document = {
    ...report,
    url: report.url === null ? null : mask(report.url),
    requests: report.requests.map(({ fetched, url, durationMs, ...rest }) => ({
      ...rest,
      url: mask(url),
      durationMs: Math.round(durationMs),
    })),
    settings: report.settings.map((setting) => ({ ...setting, value: shownValue(setting, showSecrets) })),
    elapsedMs: Math.round(report.elapsedMs),
  };
  return JSON.stringify(document, null, 2);
}

function shownValue({ value, isSecret }: Setting, showSecrets: boolean): string {
  if (showSecrets) return value;
  return isSecret && value !== '' ? '********' : maskUrls(value);
}
