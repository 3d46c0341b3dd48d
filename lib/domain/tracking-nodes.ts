/** Liquid's nodes, made to tell where what they write comes from. */
import {
  CaptureTag,
  type Context,
  type Emitter,
  evalToken,
  ForTag,
  type Liquid,
  LiquidError,
  Output,
  ParseError,
  Parser,
  type TopLevelToken,
  TypeGuards,
} from 'liquidjs';
import { Tracked } from './tracked.ts';
import { NEW_LINE, TrackingEmitter } from './tracking-emitter.ts';

/** Makes nodes that tell the emitter which line of the body they stand in. */
export class TrackingParser extends Parser {
  readonly #liquid: Liquid;
  #offset = 0;
  #line = 1;

  constructor(liquid: Liquid) {
    super(liquid);
    this.#liquid = liquid;
  }

  override parseToken(token: TopLevelToken, rest: TopLevelToken[]): ReturnType<Parser['parseToken']> {
    const line = this.#lineAt(token.input, token.begin);
    if (TypeGuards.isHTMLToken(token)) return new PlainText(token, line) as unknown as Output;
    if (!TypeGuards.isOutputToken(token)) return super.parseToken(token, rest);
    try {
      return new TrackedOutput(token, this.#liquid, line);
    } catch (error) {
      if (LiquidError.is(error) || !(error instanceof Error)) throw error;
      throw new ParseError(error, token);
    }
  }

  /** One-based. Tokens come in their order, so that each character is looked at once. */
  #lineAt(text: string, offset: number): number {
    for (let at = text.indexOf('\n', this.#offset); at >= 0 && at < offset; at = text.indexOf('\n', at + 1))
      this.#line += 1;
    this.#offset = Math.max(this.#offset, offset);
    return this.#line;
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
export class TrackedFor extends ForTag {
  override *render(context: Context, emitter: Emitter): ReturnType<ForTag['render']> {
    const collection = yield* evalToken(this.collection, context);
    if (collection instanceof Tracked && !Array.isArray(collection.value))
      throw new Error(`${this.collection.getText()} is no list`);
    return yield* super.render(context, emitter);
  }
}

/** A captured block keeps its parts: a value that went through it still says where it comes from. */
export class TrackedCapture extends CaptureTag {
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
