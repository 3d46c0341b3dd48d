import type { Finding } from '#lib/domain/finding.ts';
import { TONE_TEXT, ToneIcon } from '../ui/status.tsx';

/** What compile said: where, what, and what to do. */
export function FindingList({ findings }: { readonly findings: readonly Finding[] }) {
  return (
    <ul className="flex flex-col gap-2">
      {findings.map((finding) => {
        const tone = finding.severity === 'error' ? 'wrong' : 'waiting';
        return (
          <li key={keyOf(finding)} className="flex items-start gap-2 text-13">
            <ToneIcon tone={tone} className={`mt-0.5 ${TONE_TEXT[tone]}`} />
            <div className="min-w-0">
              <p className="break-words">
                {placeOf(finding) === '' ? null : (
                  <code className="mr-2 text-12 text-muted">{placeOf(finding)}</code>
                )}
                {finding.reason}
              </p>
              <p className="text-muted">{finding.fix}</p>
            </div>
          </li>
        );
      })}
    </ul>
  );
}

function placeOf({ file, template, line, column }: Finding): string {
  const name = template ? `${template.name} v${template.version}` : file;
  return [name, line, column].filter((part) => part !== null && part !== undefined).join(':');
}

function keyOf(finding: Finding): string {
  return `${finding.code} ${placeOf(finding)} ${finding.reason}`;
}
