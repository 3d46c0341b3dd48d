import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import fixture from '../../tests/fixtures/boot-files.json' with { type: 'json' };
import { type BootRemark, hidePassword, parseBootFile } from './boot-file.ts';

interface BootCase {
  readonly id: string;
  readonly bootUrl: string;
  readonly phone: { readonly model: string | null };
  readonly text: string;
  readonly expected: {
    readonly includes: readonly object[];
    readonly conditional?: readonly object[];
    readonly overwriteMode: number | null;
    readonly warnings: readonly string[];
    readonly errors: readonly string[];
  };
}

const cases = fixture.cases as readonly BootCase[];

describe('every boot file of the vectors', () => {
  it.each(cases)('$id', ({ bootUrl, phone, text, expected }) => {
    const boot = parseBootFile(text, { url: bootUrl, model: phone.model });
    expect(boot.includes).toEqual(expected.includes);
    expect(boot.conditional).toEqual((expected.conditional ?? []).map((one) => expect.objectContaining(one)));
    expect(boot.overwriteMode).toBe(expected.overwriteMode);
    expect(boot.warnings.map(spell)).toEqual(expected.warnings);
    expect(boot.errors.map(spell)).toEqual(expected.errors);
  });
});

/** The vectors name a remark on the whole file by its code, one on a line by line and text. */
function spell(remark: BootRemark): string {
  return remark.line === null || remark.code === 'unknown-version-header'
    ? remark.code
    : `line ${remark.line}: ${remark.text}`;
}

describe('parseBootFile', () => {
  it('resolves names beside a boot file that came by TFTP', () => {
    const boot = parseBootFile('include:config "a b.cfg"', { url: 'tftp://10.0.0.1/x.boot', model: null });
    expect(boot.includes[0]?.resolved).toBe('tftp://10.0.0.1/a%20b.cfg');
  });

  it('allows a step up that stays below the root', () => {
    const boot = parseBootFile('include:config <../a.cfg>', { url: 'http://h/p/x.boot', model: null });
    expect(boot.includes[0]?.resolved).toBe('http://h/a.cfg');
  });

  it('refuses a step above the root however it is spelled', () => {
    for (const name of ['../a.cfg', '%2e%2E/a.cfg', '/../a.cfg', 'x/../../a.cfg', '..\\a.cfg']) {
      const boot = parseBootFile(`include:config <${name}>`, { url: 'http://h/x.boot', model: null });
      expect(boot.errors[0]?.code, name).toBe('leaves-root');
    }
  });

  it('never throws, whatever the text and the place', () => {
    const line = fc.tuple(fc.constantFrom('', 'include:config <', '[', '#'), fc.string({ unit: 'binary' }));
    const text = fc.array(line.map((parts) => parts.join(''))).map((lines) => lines.join('\n'));
    fc.assert(fc.property(text, fc.webUrl(), (body, url) => void parseBootFile(body, { url, model: null })));
  });
});

describe('hidePassword', () => {
  it('hides the password and keeps the user', () => {
    expect(hidePassword('ftp://test1:123456@10.3.6.234/time.cfg')).toBe(
      'ftp://test1:***@10.3.6.234/time.cfg',
    );
    expect(hidePassword('http://10.0.0.1:8080/a@b')).toBe('http://10.0.0.1:8080/a@b');
  });
});
