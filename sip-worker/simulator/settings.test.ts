import { describe, expect, it } from 'vitest';
import { describeSettings, maskUrls } from './report.ts';
import { findAccounts, mergeSettings } from './settings.ts';

const COMMON = {
  name: 'y000000000000.cfg',
  text: '#!version:1.0.0.1\r\nlang.gui=English\r\naccount.1.enable=0\r\n',
};
const OWN = {
  name: '0021f222b01d.cfg',
  text: 'account.1.enable = 1\naccount.1.user_name=1001\naccount.1.sip_server_host=pbx.example.net\naccount.1.password=a=b\n',
};

describe('mergeSettings', () => {
  it('lets later files win, and says which file each setting came from', () => {
    const { settings } = mergeSettings([COMMON, OWN]);
    const of = (key: string) => settings.find((setting) => setting.key === key);
    expect(of('lang.gui')).toMatchObject({ value: 'English', file: 'y000000000000.cfg' });
    expect(of('account.1.enable')).toMatchObject({ value: '1', file: '0021f222b01d.cfg' });
    expect(of('account.1.password')).toMatchObject({ value: 'a=b', isSecret: true });
  });

  it('names lines that are no setting', () => {
    const { problems } = mergeSettings([{ name: 'a.cfg', text: '# c\n\nno setting\n=x\n' }]);
    expect(problems).toEqual([
      'a.cfg, line 3: is no parameter=value',
      'a.cfg, line 4: is no parameter=value',
    ]);
  });
});

describe('findAccounts', () => {
  const accountsOf = (text: string) => findAccounts(mergeSettings([{ name: 'a', text }]).settings);

  it('takes the keys of either generation', () => {
    expect(findAccounts(mergeSettings([COMMON, OWN]).settings)).toEqual([
      { index: 1, user: '1001', server: 'pbx.example.net' },
    ]);
    expect(
      accountsOf(
        'account.2.enable=1\naccount.2.user_name=7\naccount.2.sip_server.1.address=h\naccount.2.sip_server.1.port=5070',
      ),
    ).toEqual([{ index: 2, user: '7', server: 'h:5070' }]);
  });

  it.each([
    ['switched off', 'account.1.enable=0\naccount.1.user_name=7\naccount.1.sip_server_host=h'],
    ['without a user', 'account.1.enable=1\naccount.1.user_name=\naccount.1.sip_server_host=h'],
    ['without a server', 'account.1.enable=1\naccount.1.user_name=7\naccount.1.sip_server_host='],
  ])('finds none that is %s', (_, text) => expect(accountsOf(text)).toEqual([]));
});

describe('the report', () => {
  it('hides secrets unless told to show them', () => {
    const { settings } = mergeSettings([OWN]);
    expect(describeSettings(settings, false).join('\n')).not.toContain('a=b');
    expect(describeSettings(settings, true).join('\n')).toContain('account.1.password=a=b');
  });

  it('hides tokens in our URLs', () => {
    const token = 'abcdefghijklmnopqrstuvwx23';
    expect(maskUrls(`http://h/d/${token}/x.cfg`)).toBe('http://h/d/…wx23/x.cfg');
    expect(maskUrls('http://h/d/short/x.cfg')).toBe('http://h/d/short/x.cfg');
  });
});
