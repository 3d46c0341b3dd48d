/**
 * Liquid, made strict and small, that says of every byte where it comes from. An undeclared name is an error with line
 * and column; a declared name without a value is null. Of tags and filters only those below exist: none reads a file, a
 * clock, a locale or chance, so that the same facts make the same bytes on any machine.
 */
import {
  filters as builtInFilters,
  CaptureTag,
  type Context,
  type Emitter,
  evalToken,
  ForTag,
  Liquid,
  LiquidError,
  Output,
  ParseError,
  Parser,
  type Template,
  type TopLevelToken,
  TypeGuards,
  toValue,
  toValueSync,
} from 'liquidjs';
import type { Span } from './origin.ts';
import { fail, ok, type Result } from './result.ts';
import { originsOf, Tracked, TrackedContext, textOf } from './tracked.ts';

/** One line of output and the line of the template that wrote its first character, one-based. */
export interface RenderedLine {
  readonly spans: readonly Span[];
  readonly line: number;
  readonly cleared: boolean;
}

export interface TemplateProblem {
  readonly code: 'undeclared-variable' | 'template-syntax' | 'template-limit';
  readonly line: number | null;
  readonly column: number | null;
  readonly reason: string;
}

/** `as` turns a neutral value into the vendor's text and reports what the vendor cannot say. */
export interface RenderOptions {
  translate(kind: string, value: unknown): { readonly text: string | null } | null;
  readonly clearText: string;
}

export const TEMPLATE_LIMITS = {
  bodyChars: 256 * 1024,
  outputChars: 256 * 1024,
  steps: 5_000_000,
  renderMs: 2_000,
};

const TAGS = ['assign', 'break', 'case', 'comment', 'continue', 'if', 'unless', '#'];
const FILTERS = [
  ...[
    'append',
    'at_least',
    'at_most',
    'default',
    'divided_by',
    'downcase',
    'first',
    'join',
    'last',
    'minus',
    'modulo',
  ],
  ...[
    'plus',
    'prepend',
    'remove',
    'replace',
    'size',
    'slice',
    'split',
    'strip',
    'times',
    'upcase',
    'url_encode',
  ],
];

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
  if (body.length > TEMPLATE_LIMITS.bodyChars)
    return {
      ok: false,
      problem: limit(`the template is longer than ${TEMPLATE_LIMITS.bodyChars} characters`),
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
  options: RenderOptions,
):
  | { readonly ok: true; readonly lines: readonly RenderedLine[] }
  | { readonly ok: false; readonly problem: TemplateProblem } {
  const emitter = new TrackingEmitter();
  const context = new TrackedContext(facts, ENGINE.options, { sync: true }, { liquid: ENGINE });
  context.setRegister('provost', options);
  try {
    toValueSync(ENGINE.renderer.renderTemplates([...template.nodes], context, emitter));
    return { ok: true, lines: emitter.finish() };
  } catch (error) {
    return { ok: false, problem: describeError(error) };
  }
}

/** Makes nodes that tell the emitter which line of the body they stand in. */
class TrackingParser extends Parser {
  override parseToken(token: TopLevelToken, rest: TopLevelToken[]): ReturnType<Parser['parseToken']> {
    const line = lineAt(token.input, token.begin);
    if (TypeGuards.isHTMLToken(token)) return new PlainText(token, line) as unknown as Output;
    if (!TypeGuards.isOutputToken(token)) return super.parseToken(token, rest);
    try {
      return new TrackedOutput(token, ENGINE, line);
    } catch (error) {
      if (LiquidError.is(error) || !(error instanceof Error)) throw error;
      throw new ParseError(error, token);
    }
  }
}

class PlainText {
  readonly token: TopLevelToken & { getContent(): string };
  readonly #line: number;

  constructor(token: TopLevelToken & { getContent(): string }, line: number) {
    this.token = token;
    this.#line = line;
  }

  render(_context: Context, emitter: TrackingEmitter): void {
    emitter.writeLiteral(this.token.getContent(), this.#line);
  }
}

class TrackedOutput extends Output {
  readonly #line: number;

  constructor(token: ConstructorParameters<typeof Output>[0], liquid: Liquid, line: number) {
    super(token, liquid);
    this.#line = line;
  }

  override *render(context: Context, emitter: Emitter): Generator<unknown, void> {
    const value = yield this.value.value(context, false);
    (emitter as TrackingEmitter).writeValue(value, this.#line);
  }
}

/** A loop over a list keeps what its items know of themselves; a loop over a text would not, and is refused. */
class TrackedFor extends ForTag {
  override *render(context: Context, emitter: Emitter): ReturnType<ForTag['render']> {
    const collection = yield* evalToken(this.collection, context);
    if (collection instanceof Tracked && !Array.isArray(collection.value))
      throw new Error(`${this.collection.getText()} is no list`);
    return yield* super.render(context, emitter);
  }
}

/** A captured block keeps its parts: a value that went through it still says where it comes from. */
class TrackedCapture extends CaptureTag {
  override *render(context: Context): Generator<unknown, void, string> {
    const emitter = new TrackingEmitter();
    yield this.liquid.renderer.renderTemplates(this.templates, context, emitter);
    const spans = emitter
      .finish()
      .flatMap((line, index) => (index === 0 ? line.spans : [NEW_LINE, ...line.spans]));
    const origins = [...new Set(spans.flatMap((span) => span.origins))];
    const text = spans.map((span) => span.text).join('');
    const secret = spans.some((span) => span.secret);
    (context.bottom() as Record<string, unknown>)[this.variable] = new Tracked(text, {
      origins,
      secret,
      spans,
    });
  }
}

const NEW_LINE: Span = { text: '\n', origins: [], secret: false };

class TrackingEmitter implements Emitter {
  /** Liquid's own writers ask for it; ours keep lines instead. */
  readonly buffer = '';
  #lines: RenderedLine[] = [];
  #spans: Span[] = [];
  #firstLine = 0;
  #omit = false;
  #cleared = false;
  #chars = 0;

  /** Text that a tag returns itself; none of the allowed tags does. */
  write(text: unknown): void {
    this.writeLiteral(textOf(text), this.#firstLine);
  }

  writeLiteral(text: string, line: number): void {
    let at = line;
    text.split('\n').forEach((part, index) => {
      if (index > 0) {
        this.#endLine();
        at += 1;
      }
      this.#push({ text: part, origins: [], secret: false }, at);
    });
  }

  writeValue(value: unknown, line: number): void {
    if (value instanceof Tracked) {
      this.#omit ||= value.omit;
      this.#cleared ||= value.cleared;
    }
    if (value instanceof Tracked && value.spans) this.#writeSpans(value.spans, line);
    else this.#push({ text: textOf(value), ...originsOf([value]) }, line, true);
  }

  finish(): readonly RenderedLine[] {
    this.#endLine();
    return this.#lines;
  }

  #writeSpans(spans: readonly Span[], line: number): void {
    for (const span of spans) {
      if (span === NEW_LINE) this.#endLine();
      else this.#push(span, line, true);
    }
  }

  #push(span: Span, line: number, keepEmpty = false): void {
    if (this.#spans.length === 0) this.#firstLine = line;
    if (span.text === '' && !keepEmpty) return;
    this.#chars += span.text.length;
    if (this.#chars > TEMPLATE_LIMITS.outputChars) throw new OutputLimit();
    this.#spans.push(span);
  }

  #endLine(): void {
    if (!this.#omit)
      this.#lines.push({ spans: this.#spans, line: Math.max(this.#firstLine, 1), cleared: this.#cleared });
    this.#spans = [];
    this.#omit = false;
    this.#cleared = false;
  }
}

class OutputLimit extends Error {}

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
    parseLimit: TEMPLATE_LIMITS.bodyChars,
    memoryLimit: TEMPLATE_LIMITS.steps,
    fs: NO_FILES,
  });
  for (const name of Object.keys(liquid.tags)) if (!TAGS.includes(name)) delete liquid.tags[name];
  liquid.registerTag('capture', TrackedCapture);
  liquid.registerTag('for', TrackedFor);
  for (const name of Object.keys(liquid.filters)) delete liquid.filters[name];
  for (const name of FILTERS) liquid.registerFilter(name, trackingFilter(name));
  liquid.registerFilter('as', translateFilter);
  liquid.registerFilter('clear', clearFilter);
  return liquid;
}

/** A built-in filter that works on plain values and hands the origins of all its arguments on. */
function trackingFilter(name: string): (this: unknown, ...args: unknown[]) => unknown {
  const builtIn = builtInFilters[name];
  const handler = typeof builtIn === 'function' ? builtIn : builtIn?.handler;
  if (!handler) throw new Error(`liquidjs has no filter ${name}`);
  return function (this: unknown, ...args: unknown[]): unknown {
    const plain = args.map((arg) => plainOf(arg));
    const value = toValueSync(handler.apply(this as ThisParameterType<typeof handler>, plain as [unknown]));
    const marks = originsOf(chosenBy(name, args, plain));
    return new Tracked(Array.isArray(value) ? value.map((item) => new Tracked(item, marks)) : value, marks);
  };
}

/** `default` hands on either its input or its fallback, never something made of both. */
function chosenBy(name: string, args: readonly unknown[], plain: readonly unknown[]): readonly unknown[] {
  if (name !== 'default') return args;
  const input = plain[0];
  const missing = input === null || input === undefined || input === false || input === '';
  return missing ? args : args.slice(0, 1);
}

function plainOf(value: unknown): unknown {
  const plain = toValue(value);
  return Array.isArray(plain) ? plain.map(plainOf) : plain;
}

function translateFilter(this: { context: Context }, value: unknown, kind: unknown): Tracked {
  const options = this.context.getRegister<RenderOptions>('provost');
  const translated = options.translate(textOf(kind), toValue(value));
  if (translated === null) throw new Error(`"as" does not know "${textOf(kind)}"`);
  return new Tracked(translated.text, { ...originsOf([value]), omit: translated.text === null });
}

function clearFilter(this: { context: Context }, value: unknown): Tracked {
  const text = textOf(value);
  const options = this.context.getRegister<RenderOptions>('provost');
  return new Tracked(text === '' ? options.clearText : text, { ...originsOf([value]), cleared: text === '' });
}

function describeError(error: unknown): TemplateProblem {
  if (
    error instanceof OutputLimit ||
    (error instanceof LiquidError && error.originalError instanceof OutputLimit)
  )
    return limit(`the output is longer than ${TEMPLATE_LIMITS.outputChars} characters`);
  if (!LiquidError.is(error)) throw error;
  const [line, column] = error.token.getPosition();
  const reason = error.message.replace(/, (?:file:.*?, )?line:\d+, col:\d+$/s, '').split('\n')[0] ?? '';
  if (/limit exceeded/.test(reason))
    return { code: 'template-limit', line: line ?? null, column: column ?? null, reason };
  const code = error.name === 'UndefinedVariableError' ? 'undeclared-variable' : 'template-syntax';
  return {
    code,
    line: line ?? null,
    column: column ?? null,
    reason:
      code === 'undeclared-variable' ? reason.replace(/^undefined variable: /, 'nothing is called ') : reason,
  };
}

function limit(reason: string): TemplateProblem {
  return { code: 'template-limit', line: null, column: null, reason };
}

/** Line of an offset, one-based; bodies are at most 256 kB, and each is parsed once. */
function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

export function checkTemplate(body: string): Result<ParsedTemplate> {
  const parsed = parseTemplate(body);
  return parsed.ok
    ? ok(parsed.value)
    : fail(parsed.problem.reason, `${parsed.problem.line}:${parsed.problem.column}`);
}
