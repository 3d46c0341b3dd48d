import { walkBootFile } from '../boot-walk.ts';
import type { KeyType } from '../device.ts';
import { keyValueCodec } from '../formats/key-value.ts';
import type { Model } from '../model.ts';
import { TIME_ZONES } from '../time-zones.ts';
import type { Translation, TranslationKind, Vendor, Walk } from '../vendor.ts';
import { FLYINGVOICE_TEMPLATES } from './flyingvoice-templates.ts';

const GUIDE = 'Flyingvoice IP phone Auto Provisioning Guide 1.0 (2021)';

/** `#!version:` must be the first line on newer firmware and is a comment to older (protocol of FIP V0.6). */
const HEADER = '#!version:1.0.0.1';

/** linekey.N.type, from the guide's table of key types. */
const KEY_CODES: Readonly<Record<KeyType, number>> = {
  none: 0,
  dnd: 5,
  pickup: 9,
  park: 10,
  dtmf: 11,
  'speed-dial': 13,
  intercom: 14,
  line: 15,
  blf: 16,
  hold: 20,
  'group-pickup': 23,
  paging: 24,
};

const LANGUAGE_NAMES: Readonly<Record<string, string>> = {
  en: 'English',
  de: 'German',
  es: 'Spanish',
  fr: 'French',
  it: 'Italian',
  nl: 'Dutch',
  pl: 'Polish',
  pt: 'Portuguese',
  ru: 'Russian',
  tr: 'Turkish',
  zh: 'Chinese_S',
};

/** Order of the guide's table; 0 is `WWW MMM DD`, which has no neutral name. */
const DATE_CODES: Readonly<Record<string, number>> = {
  'YYYY-MM-DD': 2,
  'DD/MM/YYYY': 3,
  'MM/DD/YY': 4,
  'DD MMM YYYY': 5,
  'WWW DD MMM': 6,
};

/** Values of sip_server.1.transport_type on firmware V0.6 and later, as on the Yealink phones that it follows. */
const TRANSPORT_CODES: Readonly<Record<string, number>> = { udp: 0, tcp: 1, tls: 2 };

export const flyingvoice: Vendor = {
  slug: 'flyingvoice',
  name: 'Flyingvoice',
  models: [
    model('FIP10', { lines: 2, keys: 2 }),
    model('FIP10P', { lines: 2, keys: 2, unverified: true }),
    model('FIP11C', { lines: 3, keys: 6 }),
    model('FIP11CP', { lines: 3, keys: 6, unverified: true }),
    model('FIP12WP', { lines: 2, keys: 2 }),
    model('FIP13G', { lines: 4, keys: 9 }),
    model('FIP14G', { lines: 8, keys: 21 }),
    model('FIP15G', { lines: 8, keys: 21, unverified: true }),
    model('FIP16', { lines: 2, keys: 0, unverified: true }),
  ],
  templates: FLYINGVOICE_TEMPLATES,
  codec: keyValueCodec(HEADER),
  mainFile: '{mac}.cfg',
  bootFiles: ['{mac}.boot', 'y000000000000.boot'],
  boot: { header: HEADER, include: (target) => `include:config "${target}"` },
  maxUrlLength: 384,
  emptyMeansReset: false,
  clearText: '',
  isSecretKey: (key) => /(?:password|passwd|secret|_pin)$/i.test(key),
  start: () => '',
  walk,
  translate,
};

/** The variants with a P are powered over Ethernet and share their sibling's figures, which the guide does not print. */
function model(
  name: string,
  facts: { readonly lines: number; readonly keys: number; readonly unverified?: boolean },
): Model {
  return {
    slug: `flyingvoice/${name.toLowerCase()}`,
    vendor: 'flyingvoice',
    name,
    spellings: [name],
    lines: facts.lines,
    keys: facts.keys,
    modules: 0,
    moduleKeys: 0,
    source: GUIDE,
    unverified: facts.unverified ?? false,
  };
}

/**
 * Order seen in the guide's capture: the bare MAC, `<mac>.boot`, `y000000000000.boot`, `y000000000000.cfg`,
 * `<mac>.cfg`. A boot file that is found ends the list: only what it includes is asked for.
 */
function walk(mac: string, readFile: (name: string) => string | null): Walk {
  for (const boot of [`${mac}.boot`, 'y000000000000.boot']) {
    if (readFile(boot) !== null) return walkBootFile(boot, readFile, null);
  }
  const applied = ['y000000000000.cfg', `${mac}.cfg`].filter((name) => readFile(name) !== null);
  return { applied, missing: [], malformed: [], cycle: null };
}

function translate(kind: TranslationKind, value: unknown): Translation {
  if (value === null || value === undefined || value === '') return { text: null };
  const key = String(value);
  if (kind === 'timeZone') return translateTimeZone(key);
  if (kind === 'onOff') return { text: value === true || key === 'true' ? '1' : '0' };
  if (kind === 'timeFormat') return { text: key === '12h' ? '0' : '1' };
  if (kind === 'keyType') return lookUp(KEY_CODES, key, 'key type');
  if (kind === 'transport') return lookUp(TRANSPORT_CODES, key, 'transport');
  if (kind === 'dateFormat') return lookUp(DATE_CODES, key, 'date format');
  return lookUp(LANGUAGE_NAMES, key, 'language');
}

/** `local_time.time_zone` is a whole number of hours with its sign, -11 to +14; summer time is the phone's own. */
function translateTimeZone(zone: string): Translation {
  const offsets = TIME_ZONES[zone];
  if (!offsets) return { text: null, warning: `the time zone ${zone} is not known` };
  const [standard, summer] = offsets;
  const hours = Math.trunc(standard / 60);
  const text = hours < 0 ? String(hours) : `+${hours}`;
  if (standard % 60 !== 0)
    return { text, warning: `Flyingvoice phones know whole hours only; ${zone} is set to ${text}` };
  if (standard === summer) return { text };
  return {
    text,
    warning: `${zone} has summer time, which Flyingvoice phones switch by their own rule; check one phone`,
  };
}

function lookUp(table: Readonly<Record<string, string | number>>, key: string, what: string): Translation {
  const found = Object.hasOwn(table, key) ? table[key] : undefined;
  if (found === undefined) return { text: null, warning: `Flyingvoice phones have no ${what} "${key}"` };
  return { text: String(found) };
}
