import { z } from 'zod';
import type { LayerValues } from './layers.ts';
import { TIME_ZONES } from './time-zones.ts';

/** A vendor-neutral setting that templates may use by its name. */
export interface Variable {
  readonly name: string;
  readonly about: string;
  readonly schema: z.ZodType<string | number | boolean | null>;
  readonly default: string | number | boolean | null;
  readonly secret: boolean;
}

export const DATE_FORMATS = ['YYYY-MM-DD', 'DD/MM/YYYY', 'MM/DD/YY', 'DD MMM YYYY', 'WWW DD MMM'] as const;
export const TIME_FORMATS = ['12h', '24h'] as const;
/** BCP 47 tags of the languages that desk phones speak. */
export const LANGUAGES = ['en', 'de', 'es', 'fr', 'it', 'nl', 'pl', 'pt', 'ru', 'tr', 'zh'] as const;

const text = z
  .string()
  .max(255)
  .regex(/^[^\r\n\0]*$/, 'one line of text')
  .refine((value) => value.isWellFormed(), 'well-formed Unicode');
const host = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9._:[\]-]+$/, 'a host name or an address');
const url = z
  .string()
  .max(384)
  .regex(/^(https?|tftp|ftp):\/\/[\x21-\x7e]+$/, 'an http, https, tftp or ftp URL');
const timezone = z
  .string()
  .refine((name) => Object.hasOwn(TIME_ZONES, name), 'an IANA time zone such as Europe/Berlin');

/** Every variable there is, in the order in which people read them. */
export const VARIABLES: readonly Variable[] = [
  variable('timezone', 'Time zone, an IANA name', timezone, 'UTC'),
  variable('language', 'Language of the menus, a BCP 47 tag', z.enum(LANGUAGES), 'en'),
  variable('timeFormat', 'Clock with 12 or 24 hours', z.enum(TIME_FORMATS), '24h'),
  variable('dateFormat', 'Order of day, month and year', z.enum(DATE_FORMATS), 'YYYY-MM-DD'),
  variable('ntpServer', 'Time server', host, 'pool.ntp.org'),
  variable('ntpServer2', 'Second time server', host, null),
  variable(
    'userSettings',
    'What the person at the phone set: keep it, or reset it',
    z.enum(['keep', 'reset']),
    'keep',
  ),
  variable('webEnabled', "The phone's own web page", z.boolean(), true),
  variable('adminPassword', "Administrator password of the phone's own web page", text.min(1), null, {
    secret: true,
  }),
  variable('userPassword', "User password of the phone's own web page", text.min(1), null, { secret: true }),
  variable('pnpEnabled', 'The phone asks by SIP PnP at every boot', z.boolean(), true),
  variable(
    'resyncIntervalSec',
    'Seconds between two looks at its files',
    z.number().int().min(60).max(2_592_000),
    86_400,
  ),
  variable(
    'provisioningUrl',
    'Where the phone finds its files; set here only to send it elsewhere',
    url,
    null,
  ),
  variable('firmwareUrl', 'Firmware that the phone should have', url, null),
  variable('phonebookUrl', 'Remote phonebook', url, null),
  variable('phonebookName', 'Name of the remote phonebook', text, 'Phonebook'),
  variable('syslogServer', 'Where the phone sends its log', host, null),
  variable('vlanId', 'VLAN of the phone', z.number().int().min(1).max(4094), null),
  variable('vlanPriority', 'VLAN priority of the phone', z.number().int().min(0).max(7), 5),
  variable('dscpSip', 'DSCP of SIP', z.number().int().min(0).max(63), 26),
  variable('dscpRtp', 'DSCP of speech', z.number().int().min(0).max(63), 46),
];

const BY_NAME: ReadonlyMap<string, Variable> = new Map(VARIABLES.map((each) => [each.name, each]));

export function findVariable(name: string): Variable | null {
  return BY_NAME.get(name) ?? null;
}

/** The weakest layer: what a variable is when nobody said anything. */
export const SHIPPED_VARIABLES: LayerValues = Object.fromEntries(
  VARIABLES.map((each) => [
    each.name,
    { value: each.default, setBy: null, setAt: null, secret: each.secret },
  ]),
);

function variable(
  name: string,
  about: string,
  schema: Variable['schema'],
  fallback: Variable['default'],
  options: { readonly secret?: boolean } = {},
): Variable {
  return { name, about, schema, default: fallback, secret: options.secret ?? false };
}
