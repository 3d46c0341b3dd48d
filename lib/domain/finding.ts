/** What compile and the gate have to say about a device. Errors keep its files from being published; warnings are shown. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly code: FindingCode;
  /** The file that would have been served, or null when the device as a whole is meant. */
  readonly file: string | null;
  /** One-based line of that file or, with `template`, of the template's body. */
  readonly line: number | null;
  readonly column: number | null;
  readonly template: { readonly id: string; readonly name: string; readonly version: number } | null;
  readonly reason: string;
  readonly fix: string;
}

export type FindingCode =
  | 'undeclared-variable'
  | 'template-syntax'
  | 'template-limit'
  | 'duplicate-key'
  | 'line-break-in-value'
  | 'value-not-representable'
  | 'secret-in-common-file'
  | 'mac-in-common-file'
  | 'literal-secret'
  | 'malformed-file'
  | 'include-not-served'
  | 'include-cycle'
  | 'account-file-unreachable'
  | 'too-many-lines'
  | 'too-many-keys'
  | 'url-too-long'
  | 'empty-value-resets'
  | 'unknown-model'
  | 'no-base-url'
  | 'not-expressible';

export function hasErrors(findings: readonly Finding[]): boolean {
  return findings.some((finding) => finding.severity === 'error');
}

/** What templates write may hold NUL or half a character, which no database column and no page takes. */
export function printableFinding(finding: Finding): Finding {
  return { ...finding, reason: printable(finding.reason), fix: printable(finding.fix) };
}

function printable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}

/** `0021f222b01d.cfg, line 12: reason. Fix.` in one line, for events, logs and the API. */
export function describeFinding(finding: Finding): string {
  const place = [
    finding.file ?? finding.template?.name,
    finding.line === null ? null : `line ${finding.line}`,
  ]
    .filter((part) => part !== null && part !== undefined)
    .join(', ');
  return `${place === '' ? '' : `${place}: `}${finding.reason}. ${finding.fix}`;
}
