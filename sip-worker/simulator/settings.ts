import type { AppliedFile } from './phone-kind.ts';

/** A setting that the phone ends up with. */
export interface Setting {
  readonly key: string;
  readonly value: string;
  /** The last file that set it. */
  readonly file: string;
  readonly isSecret: boolean;
}

/** An account that the phone would register. */
export interface PhoneAccount {
  readonly index: number;
  readonly user: string;
  readonly server: string;
}

/** Merges `parameter=value` files in their order; later lines win. Lines without `=` are named as problems. */
export function mergeSettings(files: readonly AppliedFile[]): {
  readonly settings: readonly Setting[];
  readonly problems: readonly string[];
} {
  const settings = new Map<string, Setting>();
  const problems: string[] = [];
  for (const { name, text } of files) {
    for (const [index, line] of text.split(/\r\n|\n|\r/).entries()) {
      if (line.trim() === '' || line.startsWith('#')) continue;
      const equals = line.indexOf('=');
      if (equals < 1) {
        problems.push(`${name}, line ${index + 1}: is no parameter=value`);
        continue;
      }
      const key = line.slice(0, equals).trim();
      const value = line.slice(equals + 1).trim();
      settings.set(key, { key, value, file: name, isSecret: isSecret(key) });
    }
  }
  return { settings: [...settings.values()], problems };
}

function isSecret(key: string): boolean {
  return /pass(word|wd)?$|secret|_pin$|\.pin$/i.test(key);
}

/** Accounts that are switched on and have a user and a server, in either generation of keys. */
export function findAccounts(settings: readonly Setting[]): PhoneAccount[] {
  const values = new Map(settings.map(({ key, value }) => [key, value]));
  const indexes = settings
    .map(({ key, value }) => (value === '1' ? /^account\.(\d+)\.enable$/.exec(key)?.[1] : undefined))
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
  return indexes.flatMap((index) => {
    const of = (name: string): string => values.get(`account.${index}.${name}`) ?? '';
    const user = of('user_name');
    const host = of('sip_server_host') || of('sip_server.1.address');
    const port = of('sip_server_port') || of('sip_server.1.port');
    if (user === '' || host === '') return [];
    return [{ index, user, server: port === '' ? host : `${host}:${port}` }];
  });
}
