/**
 * Liquid, made strict and small, that says of every byte where it comes from. An undeclared name is an error with line
 * and column; a declared name without a value is null. Of tags and filters only a few exist: none reads a file, a
 * clock, a locale or chance, so that the same facts make the same bytes on any machine.
 */
import { Liquid, LiquidError, type Template, TypeGuards, toValueSync } from 'liquidjs';
import { fail, ok, type Result } from './result.ts';
import { registerFilters, VENDOR_WORDS, type VendorWords } from './template-filters.ts';
import { TrackedContext } from './tracked.ts';
import { MOST_OUTPUT_CHARS, OutputLimit, type RenderedLine, TrackingEmitter } from './tracking-emitter.ts';
import { TrackedCapture, TrackedFor, TrackingParser } from './tracking-nodes.ts';

export interface TemplateProblem {
  readonly code: 'undeclared-variable' | 'template-syntax' | 'template-limit';
  readonly line: number | null;
  readonly column: number | null;
  readonly reason: string;
}

const MOST_BODY_CHARS = 256 * 1024;
/** What Liquid counts as memory: characters and list items made by filters and ranges. */
const MOST_MEMORY = 5_000_000;
const TAGS = ['assign', 'break', 'case', 'comment', 'continue', 'if', 'unless', '#'];

/** A body that was understood. It can be rendered any number of times, with other facts. */
export interface ParsedTemplate {
  readonly nodes: readonly Template[];
}

/** Reads a body; what is wrong with it has line and column. */
export function parseTemplate(
  body: string,
):
  | { readonly ok: true; readonly value: ParsedTemplate }
  | { readonly ok: false; readonly problem: TemplateProblem } {
  if (body.length > MOST_BODY_CHARS)
    return {
      ok: false,
      problem: limit(`the template is longer than ${MOST_BODY_CHARS} characters`),
    };
  try {
    return { ok: true, value: { nodes: new TrackingParser(ENGINE).parse(body) } };
  } catch (error) {
    return { ok: false, problem: describeError(error) };
  }
}

/** Writes a template with these facts: plain objects whose leaves are `Tracked`. */
export function renderTemplate(
  template: ParsedTemplate,
  facts: Readonly<Record<string, unknown>>,
  words: VendorWords,
):
  | { readonly ok: true; readonly lines: readonly RenderedLine[] }
  | { readonly ok: false; readonly problem: TemplateProblem } {
  const emitter = new TrackingEmitter();
  const context = new TrackedContext(facts, ENGINE.options, { sync: true }, { liquid: ENGINE });
  context.setRegister(VENDOR_WORDS, words);
  try {
    toValueSync(ENGINE.renderer.renderTemplates([...template.nodes], context, emitter));
    return { ok: true, lines: emitter.finish() };
  } catch (error) {
    return { ok: false, problem: describeError(error) };
  }
}

const NO_FILES = {
  exists: async () => false,
  existsSync: () => false,
  readFile: async () => '',
  readFileSync: () => '',
  resolve: (_dir: string, file: string) => file,
};

const ENGINE = createEngine();

function createEngine(): Liquid {
  const liquid = new Liquid({
    strictVariables: true,
    strictFilters: true,
    lenientIf: true,
    ownPropertyOnly: true,
    dynamicPartials: false,
    relativeReference: false,
    parseLimit: MOST_BODY_CHARS,
    memoryLimit: MOST_MEMORY,
    fs: NO_FILES,
  });
  for (const name of Object.keys(liquid.tags)) if (!TAGS.includes(name)) delete liquid.tags[name];
  liquid.registerTag('capture', TrackedCapture);
  liquid.registerTag('for', TrackedFor);
  registerFilters(liquid);
  return liquid;
}

function describeError(error: unknown): TemplateProblem {
  if (
    error instanceof OutputLimit ||
    (error instanceof LiquidError && error.originalError instanceof OutputLimit)
  )
    return limit(`the output is longer than ${MOST_OUTPUT_CHARS} characters`);
  if (!LiquidError.is(error)) throw error;
  const [line, column] = error.token.getPosition();
  const reason = error.message.replace(/, (?:file:.*?, )?line:\d+, col:\d+$/s, '').split('\n')[0] ?? '';
  if (/limit exceeded/.test(reason))
    return { code: 'template-limit', line: line ?? null, column: column ?? null, reason };
  const isUndeclared = error.name === 'UndefinedVariableError';
  return {
    code: isUndeclared ? 'undeclared-variable' : 'template-syntax',
    line: line ?? null,
    column: column ?? null,
    reason: isUndeclared ? `nothing is called ${undeclaredName(error, reason)}` : reason,
  };
}

/** As far as the name was followed; as it is written where a value stands in it, because that can be a secret. */
function undeclaredName(error: LiquidError, reason: string): string {
  const { token } = error;
  const isWritten = TypeGuards.isPropertyAccessToken(token) && token.props.some(isComputed);
  return isWritten ? token.getText() : reason.replace(/^undefined variable: /, '');
}

function isComputed(token: unknown): boolean {
  const isPlain =
    TypeGuards.isWordToken(token) || TypeGuards.isQuotedToken(token) || TypeGuards.isNumberToken(token);
  return !isPlain;
}

function limit(reason: string): TemplateProblem {
  return { code: 'template-limit', line: null, column: null, reason };
}

/** Reads a body only to learn whether it can be read; `at` is `line:column`. */
export function checkTemplate(body: string): Result<ParsedTemplate> {
  const parsed = parseTemplate(body);
  if (parsed.ok) return ok(parsed.value);
  const { reason, line, column } = parsed.problem;
  return line === null ? fail(reason) : fail(reason, `${line}:${column}`);
}
