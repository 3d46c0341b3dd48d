/** One template and its facts make lines; what is wrong with them is said with the template's own line. */
import type { Facts } from './facts.ts';
import type { Finding, FindingCode } from './finding.ts';
import { type Codec, type Entry, refuseControls } from './formats/codec.ts';
import { type CompiledLine, lineText } from './origin.ts';
import type { Template } from './template.ts';
import {
  type ParsedTemplate,
  parseTemplate,
  renderTemplate,
  type TemplateProblem,
} from './template-engine.ts';
import type { TranslationKind, Vendor } from './vendor.ts';

const CACHE_SIZE = 512;
const TRANSLATIONS: readonly TranslationKind[] = [
  ...(['keyType', 'transport', 'timeZone', 'timeFormat', 'dateFormat', 'language', 'onOff'] as const),
];

/** Parsed bodies by text: a memo, so that a fleet's compile reads each template once. */
const parsedBodies = new Map<string, ReturnType<typeof parseTemplate>>();

export interface Rendering {
  readonly lines: readonly CompiledLine[];
  readonly findings: readonly Finding[];
}

/** Renders a template for a vendor. Values that hold a line break or a NUL are refused, wherever they stand. */
export function renderFor(vendor: Vendor, template: Template, facts: Facts): Rendering {
  const parsed = parseOnce(template.body);
  if (!parsed.ok) return { lines: [], findings: [problemOf(template, parsed.problem)] };
  const warnings = new Map<string, Finding>();
  const rendered = renderTemplate(parsed.value as ParsedTemplate, facts, {
    clearText: vendor.clearText,
    translate: (kind, value, { secret }) => {
      const known = TRANSLATIONS.find((each) => each === kind);
      if (!known) return null;
      const translation = vendor.translate(known, value);
      const warning = secret && translation.warning ? `a secret is no ${known}` : translation.warning;
      if (warning) warnings.set(warning, untranslated(template, warning));
      return translation;
    },
  });
  if (!rendered.ok)
    return { lines: [], findings: [...warnings.values(), problemOf(template, rendered.problem)] };
  const lines = rendered.lines.map(
    (line): CompiledLine => ({
      spans: line.spans,
      source: {
        kind: 'template',
        templateId: template.id,
        name: template.name,
        version: template.version,
        line: line.line,
      },
      ...(line.cleared ? { cleared: true } : {}),
    }),
  );
  return { lines, findings: [...warnings.values(), ...lines.flatMap((line) => checkValues(template, line))] };
}

/** The entries of one rendered template; a key that it writes twice is an error, not a choice. */
export function readEntries(
  codec: Codec,
  template: Template,
  lines: readonly CompiledLine[],
): { readonly entries: readonly Entry[]; readonly findings: readonly Finding[] } {
  const { entries, problems } = codec.parse(lines);
  const findings = problems.map((problem) =>
    findingAt(template, lines[problem.index], {
      code: 'malformed-file',
      reason: problem.reason,
      fix: problem.fix,
    }),
  );
  const first = new Map<string, Entry>();
  for (const entry of entries) {
    const earlier = first.get(entry.key);
    if (earlier === undefined) first.set(entry.key, entry);
    else
      findings.push(
        findingAt(template, entry.lines[0], {
          code: 'duplicate-key',
          reason: `${entry.key} is set twice, first in line ${templateLine(earlier.lines[0]) ?? '?'}`,
          fix: 'Keep one of the two lines',
        }),
      );
  }
  return { entries: [...first.values()], findings };
}

/** A finding that names the template and the line of its body. */
export function findingAt(
  template: Template,
  line: CompiledLine | undefined,
  said: {
    readonly code: FindingCode;
    readonly reason: string;
    readonly fix: string;
    readonly severity?: 'warning';
  },
): Finding {
  return {
    severity: said.severity ?? 'error',
    code: said.code,
    file: template.name,
    line: templateLine(line),
    column: null,
    template: { id: template.id, name: template.name, version: template.version },
    reason: said.reason,
    fix: said.fix,
  };
}

function templateLine(line: CompiledLine | undefined): number | null {
  return line?.source.kind === 'template' ? line.source.line : null;
}

function parseOnce(body: string): ReturnType<typeof parseTemplate> {
  const known = parsedBodies.get(body);
  if (known) return known;
  if (parsedBodies.size >= CACHE_SIZE) parsedBodies.clear();
  const parsed = parseTemplate(body);
  parsedBodies.set(body, parsed);
  return parsed;
}

function problemOf(template: Template, problem: TemplateProblem): Finding {
  const fixes: Record<TemplateProblem['code'], string> = {
    'undeclared-variable':
      'Use a name that this file knows; common files know neither device, lines nor keys',
    'template-syntax': 'Correct the template',
    'template-limit': 'Make the template smaller',
  };
  return {
    ...findingAt(template, undefined, {
      code: problem.code,
      reason: problem.reason,
      fix: fixes[problem.code],
    }),
    line: problem.line,
    column: problem.column,
  };
}

function untranslated(template: Template, warning: string): Finding {
  return findingAt(template, undefined, {
    severity: 'warning',
    code: 'not-expressible',
    reason: warning,
    fix: 'Choose a value that the phone knows, or set the parameter yourself',
  });
}

/** Looked for before the format is read: a value with a line break would already be two lines there. */
function checkValues(template: Template, line: CompiledLine): Finding[] {
  if (refuseControls(lineText(line)) === null) return [];
  return line.spans.flatMap((span) => {
    const refused = refuseControls(span.origins.length > 0 ? span.text : span.text.replaceAll('\r', ''));
    if (refused === null) return [];
    const name = span.origins[0]?.path ?? 'the template';
    const code = refused.code === 'line-break-in-value' ? refused.code : 'value-not-representable';
    const reason = `${name} cannot be written: ${refused.reason}`;
    return [findingAt(template, line, { code, reason, fix: 'Remove it from the value' })];
  });
}
