import { describe, expect, test } from 'vitest';
import { parseTemplate, renderTemplate, type TemplateProblem } from './template-engine.ts';
import { track } from './tracked.ts';
import type { RenderedLine } from './tracking-emitter.ts';

const DEVICE = { kind: 'device' } as const;
const facts = {
  ntpServer: track('ntp.example.net', { path: 'ntpServer', layer: { kind: 'global' } }),
  nothing: track(null, { path: 'nothing', layer: { kind: 'shipped' } }),
  lines: [1, 2].map((index) => ({
    index,
    account: {
      userName: track(`100${index}`, { path: `lines[${index}].account.userName`, layer: DEVICE }),
      password: track('s3cret', { path: `lines[${index}].account.password`, layer: DEVICE }, true),
    },
  })),
};

function render(body: string): readonly RenderedLine[] | TemplateProblem {
  const parsed = parseTemplate(body);
  if (!parsed.ok) return parsed.problem;
  const rendered = renderTemplate(parsed.value, facts, {
    translate: (kind, value) => (kind === 'shout' ? { text: value === null ? null : `${value}!` } : null),
    clearText: '%NULL%',
  });
  return rendered.ok ? rendered.lines : rendered.problem;
}

/** `text <- path, path` for each line that is not empty, with secrets marked by a star. */
function trace(body: string): string[] {
  const lines = render(body);
  if ('code' in lines) throw new Error(lines.reason);
  return lines
    .filter((line) => line.spans.some((span) => span.text !== ''))
    .map((line) => {
      const text = line.spans.map((span) => span.text + (span.secret ? '*' : '')).join('');
      const paths = line.spans.flatMap((span) => span.origins.map((origin) => origin.path));
      return `${line.line}: ${text} <- ${paths.join(', ')}`;
    });
}

describe('origins', () => {
  test.each([
    ['a plain value', 'a={{ ntpServer }}', ['1: a=ntp.example.net <- ntpServer']],
    ['a literal has none', 'a=1', ['1: a=1 <- ']],
    [
      'through a loop, the item itself',
      '{% for l in lines %}\nu={{ l.account.userName }}\n{% endfor %}',
      ['2: u=1001 <- lines[1].account.userName', '2: u=1002 <- lines[2].account.userName'],
    ],
    [
      'through a filter, every argument',
      '{{ ntpServer | append: lines[0].account.userName }}',
      ['1: ntp.example.net1001 <- ntpServer, lines[1].account.userName'],
    ],
    [
      'through an assignment',
      '{% assign x = lines[1].account %}{{ x.userName }}',
      ['1: 1002 <- lines[2].account.userName'],
    ],
    [
      'through a capture, part by part',
      '{% capture x %}p:{{ lines[0].account.password }}{% endcapture %}\nb={{ x }}',
      ['2: b=p:s3cret* <- lines[1].account.password'],
    ],
    [
      'through a filtered capture, all of it',
      '{% capture x %}{{ ntpServer }}{{ lines[0].account.password }}{% endcapture %}\n{{ x | upcase }}',
      ['2: NTP.EXAMPLE.NETS3CRET* <- ntpServer, lines[1].account.password'],
    ],
    [
      'a condition leaves those of what it chose',
      '{% if nothing %}a{% else %}{{ ntpServer }}{% endif %}',
      ['1: ntp.example.net <- ntpServer'],
    ],
    [
      'default keeps its input when it has one',
      '{{ ntpServer | default: lines[0].account.userName }}',
      ['1: ntp.example.net <- ntpServer'],
    ],
    [
      'default hands both on when it has none',
      '{{ nothing | default: ntpServer }}',
      ['1: ntp.example.net <- nothing, ntpServer'],
    ],
    [
      'split and join keep the secret',
      '{% assign x = lines[0].account.password | split: "3" %}{% for p in x %}{{ p }}{% endfor %}',
      ['1: s*cret* <- lines[1].account.password, lines[1].account.password'],
    ],
    [
      'a value that the vendor cannot say takes its line along',
      'a={{ nothing | as: "shout" }}\nb={{ ntpServer | as: "shout" }}',
      ['2: b=ntp.example.net! <- ntpServer'],
    ],
  ])('%s', (_what, body, expected) => {
    expect(trace(body)).toEqual(expected);
  });
});

describe('what a template may not do', () => {
  test.each([
    ['name what nobody declared', 'x\n  {{ foo }}', 'undeclared-variable', 2, 6],
    ['name a member that nobody declared', '{{ lines[0].account.pin }}', 'undeclared-variable', 1, 4],
    ['look inside a value', '{{ lines[0].account.password.value }}', 'undeclared-variable', 1, 4],
    ['call what is behind a value', '{{ lines[0].account.password.valueOf }}', 'undeclared-variable', 1, 4],
    ['reach a constructor', '{{ lines.constructor }}', 'undeclared-variable', 1, 4],
    [
      'walk through the letters of a text',
      '{% for c in lines[0].account.password %}{{ c }}{% endfor %}',
      'template-syntax',
      1,
      1,
    ],
    ['leave a block open', 'a\n{% if ntpServer %}', 'template-syntax', 2, 1],
    ['include a file', '{% include "/etc/passwd" %}', 'template-syntax', 1, 1],
    ['render a file', '{% render "x" %}', 'template-syntax', 1, 1],
    ['ask for the date', '{{ "now" | date: "%Y" }}', 'template-syntax', 1, 1],
    ['draw lots', '{{ lines | sample }}', 'template-syntax', 1, 1],
    ['ask for an unknown translation', '{{ ntpServer | as: "whisper" }}', 'template-syntax', 1, 1],
    ['loop without end', '{% for i in (1..99999999) %}{% endfor %}', 'template-limit', 1, 1],
    ['write without end', '{% for i in (1..90000) %}abcdefgh{% endfor %}', 'template-limit', null, null],
    [
      'multiply text',
      `{% assign x = "${'a'.repeat(1000)}" %}${'{% assign x = x | append: x %}'.repeat(10)}{{ x }}`,
      'template-limit',
      null,
      null,
    ],
  ])('%s', (_what, body, code, line, column) => {
    expect(render(body)).toMatchObject({ code, line, column });
  });
});

test('a name without a value is nothing, and may be asked for', () => {
  expect(trace('a={{ nothing }}{% if nothing %}b{% endif %}{% unless nothing %}c{% endunless %}')).toEqual([
    '1: a=c <- nothing',
  ]);
});

test('clear marks a line whose emptiness is meant', () => {
  const lines = render('a={{ nothing | clear }}\nb={{ ntpServer | clear }}') as readonly RenderedLine[];
  expect(lines.map((line) => [line.spans.map((span) => span.text).join(''), line.cleared])).toEqual([
    ['a=%NULL%', true],
    ['b=ntp.example.net', false],
  ]);
});
