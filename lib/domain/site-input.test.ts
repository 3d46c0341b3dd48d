import { describe, expect, it } from 'vitest';
import { parseRegistrarInput } from './registrar-input.ts';
import { parseRuleInput } from './rule-input.ts';
import { parseSiteInput } from './site-input.ts';
import { parseTemplateInput } from './template-input.ts';

describe('a site body', () => {
  it('writes networks in their shortest form', () => {
    const reading = parseSiteInput({ networks: ['10.20.0.77/24', '10.1.1.1', 'FD00:0:0::1/64'] });
    expect(reading).toEqual({ ok: true, value: { networks: ['10.20.0.0/24', '10.1.1.1/32', 'fd00::/64'] } });
  });

  it.each([
    [{ networks: ['10.0.0.0/33'] }, '/networks/0'],
    [{ slug: 'Head Quarters' }, '/slug'],
    [{ publicBase: 'ftp://x' }, '/publicBase'],
    [{ publicBase: 'http://user@x' }, '/publicBase'],
    [{ enrolmentUntil: 'tomorrow' }, '/enrolmentUntil'],
    [{ vendorParameters: { flyingvoice: { k: 'a\nb' } } }, '/vendorParameters/flyingvoice/k'],
    [{ kind: 'floor' }, '/kind'],
  ])('%j is refused at %s', (body, pointer) => {
    const reading = parseSiteInput(body);
    expect(reading.ok ? [] : reading.problems.map((each) => each.pointer)).toContain(pointer);
  });
});

describe('a rule body', () => {
  it('takes a MAC prefix in any notation', () => {
    expect(parseRuleInput({ match: { macPrefix: '00:21:F2' } })).toEqual({
      ok: true,
      value: { match: { macPrefix: '0021f2' } },
    });
  });

  it.each([
    [{ url: '{{strat}}' }, '/url'],
    [{ url: 'gopher://x/' }, '/url'],
    [{ match: { firmware: 'new' } }, '/match/firmware'],
    [{ match: { vendr: 'x' } }, '/match/vendr'],
    [{ unknown: 'reboot' }, '/unknown'],
  ])('%j is refused at %s', (body, pointer) => {
    const reading = parseRuleInput(body);
    expect(reading.ok ? [] : reading.problems.map((each) => each.pointer)).toContain(pointer);
  });

  it.each(['{{start}}', '{{base}}/x/{mac}.cfg', 'http://x.example/$MA.cfg', null])(
    'takes the URL %j',
    (url) => {
      expect(parseRuleInput({ url }).ok).toBe(true);
    },
  );
});

describe('the other bodies', () => {
  it('refuse what could not be a host, a file name or text', () => {
    expect(parseRegistrarInput({ host: 'a b' }).ok).toBe(false);
    expect(parseRegistrarInput({ host: 'user:secret@pbx' }).ok).toBe(false);
    expect(parseTemplateInput({ name: '../x' }).ok).toBe(false);
    expect(parseTemplateInput({ body: 'a\0' }).ok).toBe(false);
  });

  it('store line ends as one character', () => {
    expect(parseTemplateInput({ body: 'a\r\nb' })).toEqual({ ok: true, value: { body: 'a\nb' } });
  });
});
