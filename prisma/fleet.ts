/** A made-up fleet: which sites and phones there are, by their index alone, so that a second run makes the same ones. */
import { createHash } from 'node:crypto';
import type { Model } from '#lib/domain/model.ts';

export interface FleetSite {
  readonly id: string;
  readonly kind: 'reseller' | 'customer' | 'location';
  readonly slug: string;
  readonly name: string;
  /** Ids from the root to the site itself. */
  readonly path: readonly string[];
  readonly networks: readonly string[];
  /** Of a customer, for its locations. */
  readonly registrar: { readonly id: string; readonly host: string } | null;
  readonly variables: Readonly<Record<string, string>>;
}

export interface FleetLine {
  readonly index: number;
  readonly accountId: string;
  readonly userName: string;
  readonly authName: string;
}

export interface FleetKey {
  readonly index: number;
  readonly type: 'line' | 'blf';
  readonly line: number;
  readonly value: string | null;
  readonly label: string;
}

export interface FleetPhone {
  readonly id: string;
  readonly mac: string;
  readonly model: Model;
  readonly label: string;
  readonly person: string;
  readonly location: string;
  readonly tags: readonly string[];
  readonly lines: readonly FleetLine[];
  readonly keys: readonly FleetKey[];
}

export const PHONES_PER_LOCATION = 100;
const LOCATIONS_PER_CUSTOMER = 5;
const CUSTOMERS_PER_RESELLER = 20;
/** One network of 256 addresses for each location from 10.32.0.0 on. */
const LOCATIONS = (256 - 32) * 256;
export const LARGEST_FLEET = LOCATIONS * PHONES_PER_LOCATION;

const MOST_LINES = 4;
const FIRST_NAMES = [
  'Anna',
  'Ben',
  'Chiara',
  'David',
  'Elif',
  'Finn',
  'Grace',
  'Hugo',
  'Ines',
  'Jonas',
  'Kira',
];
const LAST_NAMES = [
  'Adler',
  'Brandt',
  'Costa',
  'Dietz',
  'Evans',
  'Fuchs',
  'Garcia',
  'Hoang',
  'Iversen',
  'Jung',
];
const PLACES = [
  { timezone: 'Europe/Berlin', language: 'de' },
  { timezone: 'Europe/London', language: 'en' },
  { timezone: 'Europe/Madrid', language: 'es' },
  { timezone: 'America/New_York', language: 'en' },
];

/** The sites that this many phones stand at, parents before children. */
export function fleetSites(phones: number): FleetSite[] {
  const sites = new Map<string, FleetSite>();
  for (let location = 0; location * PHONES_PER_LOCATION < phones; location += 1)
    for (const site of sitesDownTo(location)) sites.set(site.id, site);
  return [...sites.values()];
}

/** The path of sites of one location, from its root. */
export function sitesDownTo(location: number): readonly [FleetSite, FleetSite, FleetSite] {
  const customer = Math.floor(location / LOCATIONS_PER_CUSTOMER);
  const reseller = Math.floor(customer / CUSTOMERS_PER_RESELLER);
  const names = [`${reseller + 1}`, `${(customer % CUSTOMERS_PER_RESELLER) + 1}`];
  const root = makeSite('reseller', { numbers: names.slice(0, 1), above: [] });
  const middle = makeSite('customer', { numbers: names, above: root.path });
  const host = `pbx-${customer + 1}.example`;
  const leaf = makeSite('location', {
    numbers: [...names, `${(location % LOCATIONS_PER_CUSTOMER) + 1}`],
    above: middle.path,
  });
  return [
    root,
    {
      ...middle,
      registrar: { id: makeId(`registrar of ${middle.slug}`), host },
      variables: PLACES[customer % PLACES.length] ?? {},
    },
    { ...leaf, networks: [`10.${32 + (location >> 8)}.${location & 255}.0/24`] },
  ];
}

function makeSite(
  kind: FleetSite['kind'],
  place: { readonly numbers: readonly string[]; readonly above: readonly string[] },
): FleetSite {
  const slug = `made-up-${place.numbers.join('-')}`;
  const id = makeId(slug);
  const name = `Made-up ${kind} ${place.numbers.join('.')}`;
  return { id, kind, slug, name, path: [...place.above, id], networks: [], registrar: null, variables: {} };
}

/** @param index from 0 to LARGEST_FLEET - 1; its location is `Math.floor(index / PHONES_PER_LOCATION)` */
export function fleetPhone(index: number, models: readonly Model[]): FleetPhone {
  const model = models[index % models.length];
  if (!model) throw new Error('a fleet needs a model');
  const dice = digest(`phone ${index}`);
  const position = index % PHONES_PER_LOCATION;
  const first = FIRST_NAMES[(dice[16] ?? 0) % FIRST_NAMES.length] ?? '';
  const person = `${first} ${LAST_NAMES[(dice[17] ?? 0) % LAST_NAMES.length] ?? ''}`;
  const floor = Math.floor(position / 20) + 1;
  const lines = makeLines(index, 1 + ((dice[18] ?? 0) % Math.min(MOST_LINES, model.lines)));
  return {
    id: makeId(`phone ${index}`),
    // Locally administered (the 2 of 02): no phone on earth has such an address.
    mac: `0221f2${index.toString(16).padStart(6, '0')}`,
    model,
    label: `${extension(index, 1)} ${person}`,
    person,
    location: `Floor ${floor}, room ${floor}${String(position % 20).padStart(2, '0')}`,
    tags: ['made-up', `floor-${floor}`, ...(position === 0 ? ['reception'] : [])],
    lines,
    keys: makeKeys(index, { model, lines: lines.length, wanted: dice[19] ?? 0 }),
  };
}

function makeLines(index: number, count: number): FleetLine[] {
  return Array.from({ length: count }, (_, at) => {
    const userName = extension(index, at + 1);
    const accountId = makeId(`phone ${index} line ${at + 1}`);
    return { index: at + 1, accountId, userName, authName: `${userName}-${(index % 7919).toString(36)}` };
  });
}

/** The phone's own lines, then colleagues of the same location. */
function makeKeys(
  index: number,
  about: { readonly model: Model; readonly lines: number; readonly wanted: number },
): FleetKey[] {
  const { model, lines, wanted } = about;
  return Array.from({ length: Math.min(model.keys, lines + (wanted % 16)) }, (_, at) => {
    if (at < lines)
      return { index: at + 1, type: 'line', line: at + 1, value: null, label: extension(index, at + 1) };
    const position = ((index % PHONES_PER_LOCATION) + at) % PHONES_PER_LOCATION;
    const colleague = index - (index % PHONES_PER_LOCATION) + position;
    const value = extension(colleague, 1);
    return { index: at + 1, type: 'blf', line: 1, value, label: value };
  });
}

/** Unique within a customer: 1000 to 1499 for first lines, 2000 to 2499 for second ones. */
function extension(index: number, line: number): string {
  return String(line * 1000 + (index % (PHONES_PER_LOCATION * LOCATIONS_PER_CUSTOMER)));
}

/** A UUID of version 8, which is the one for ids that people derive themselves (RFC 9562, section 5.8). */
function makeId(of: string): string {
  const bytes = digest(of).subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function digest(of: string): Buffer {
  return createHash('sha256').update(`made-up fleet, ${of}`).digest();
}
