import { findMacInText, type Mac, parseMac } from './mac.ts';

/** What a User-Agent tells. `vendor` is the name on the product; every value is a claim of the client, no proof. */
export interface UserAgentReading {
  readonly vendor: string;
  readonly model: string | null;
  readonly firmware: string | null;
  readonly mac: Mac | null;
}

/** What is known of a phone when it asks: parameters of its Event header, User-Agent, MAC and host of its own URI. */
export interface PhoneClues {
  readonly event: {
    readonly vendor: string | null;
    readonly model: string | null;
    readonly version: string | null;
  };
  readonly userAgent: string | null;
  readonly mac: Mac | null;
  readonly uriHost: string | null;
}

/** `vendor` is the slug of the vendor library (`cisco-spa`, `flyingvoice`), null when nothing gave it away. */
export interface PhoneIdentity {
  readonly vendor: string | null;
  readonly model: string | null;
  readonly firmware: string | null;
  readonly recognisedBy: 'event' | 'user-agent' | 'oui' | 'uri-host' | null;
}

/**
 * Names the phone behind the clues. The vendor comes from the first that gives one: the Event header (unless it holds
 * the placeholder OEM), the User-Agent, the manufacturer block of the MAC, and as a weak hint the host of the URI.
 * Model and firmware prefer the Event header. Text that no model name looks like is dropped, not repaired.
 */
export function identifyPhone(clues: PhoneClues): PhoneIdentity {
  const agent = clues.userAgent === null ? null : readUserAgent(clues.userAgent);
  const vendorText =
    clues.event.vendor === null || isPlaceholder(clues.event.vendor) ? null : clues.event.vendor;
  const model = chooseModel(clues.event.model, vendorText, agent);
  const firmware = keepIfPlain(clues.event.version, FIRMWARE_TEXT) ?? agent?.firmware ?? null;
  const named = vendorText === null ? null : vendorSlug(vendorText, model);
  if (named !== null) return identity(named, model, firmware, 'event');
  if (agent) return identity(vendorSlug(agent.vendor, model), model, firmware, 'user-agent');
  const makers = clues.mac === null ? [] : vendorsOfMac(clues.mac);
  if (makers[0] !== undefined) return identity(makers[0], model, firmware, 'oui');
  const hinted = clues.uriHost === null ? null : vendorOfHost(clues.uriHost);
  return identity(hinted, model, firmware, hinted === null ? null : 'uri-host');
}

function identity(
  vendor: string | null,
  model: string | null,
  firmware: string | null,
  recognisedBy: PhoneIdentity['recognisedBy'],
): PhoneIdentity {
  return { vendor, model: model === null ? null : stripBrand(model, vendor), firmware, recognisedBy };
}

const MODEL_TEXT = /^[\p{L}\p{N}](?:[\p{L}\p{N} _+()-]|\.(?!\.)){0,63}$/u;
const FIRMWARE_TEXT = /^[\w.+()-]{1,64}$/;
const PLACEHOLDERS = new Set(['oem', 'voip phone', 'unknown', '']);

function isPlaceholder(text: string): boolean {
  return PLACEHOLDERS.has(text.trim().toLowerCase());
}

/** Some phones repeat the brand or a generic word where the model belongs; then the User-Agent knows better. */
function chooseModel(
  claimed: string | null,
  vendorText: string | null,
  agent: UserAgentReading | null,
): string | null {
  const saysNothing =
    claimed === null || isPlaceholder(claimed) || claimed.toLowerCase() === vendorText?.toLowerCase();
  return saysNothing ? (agent?.model ?? null) : keepIfPlain(claimed, MODEL_TEXT);
}

function keepIfPlain(text: string | null, shape: RegExp): string | null {
  return text !== null && shape.test(text) ? text : null;
}

/** `snomD120` and `Yealink T46S` are models D120 and T46S. */
function stripBrand(model: string, vendor: string | null): string {
  const brand = vendor?.split('-')[0] ?? '';
  if (brand === '' || !model.toLowerCase().startsWith(brand)) return model;
  const rest = model.slice(brand.length).replace(/^[ _-]/, '');
  return rest === '' ? model : rest;
}

const VENDOR_TEXT = /^[a-z0-9][a-z0-9 ._-]{0,31}$/;
const SLUGS: Readonly<Record<string, string>> = {
  linksys: 'cisco-spa',
  sipura: 'cisco-spa',
  poly: 'polycom',
  aastra: 'mitel',
  technicolor: 'thomson',
  ale: 'alcatel',
};

/** Cisco sells two families that share a name and nothing else; SPA speaks the dialect it inherited from Sipura. */
function vendorSlug(text: string, model: string | null): string | null {
  const name = text.trim().toLowerCase();
  if (!VENDOR_TEXT.test(name)) return null;
  if (name === 'cisco') return model !== null && /^spa/i.test(model) ? 'cisco-spa' : 'cisco';
  return SLUGS[name] ?? name.replace(/[ ._-]+/g, '-');
}

interface AgentForm {
  readonly vendor: string;
  readonly pattern: RegExp;
}

const MAC_AT_END = String.raw`(?:\s+(?<mac>[0-9a-f:]{12,17}))?$`;
const MODEL_AND_VERSION = String.raw`(?<model>\S+)\s+V?(?<firmware>\d[\d.]*)`;

/**
 * User-Agents as the phones of each vendor spell them (public provisioning plug-ins and captures). Each pattern is
 * anchored, has no nested repetition, and is tried on at most 256 characters.
 */
const AGENT_FORMS: readonly AgentForm[] = [
  form('yealink', String.raw`^yealink\s+(?:SIP[ -])?(?:VP-)?${MODEL_AND_VERSION}${MAC_AT_END}`),
  form('yealink', String.raw`^(?<model>VP530P?) (?<firmware>\d[\d.]*)${MAC_AT_END}`),
  form(
    'snom',
    String.raw`^(?:Mozilla\/4\.0 \(compatible; )?snom ?(?<model>[a-z]?\w+?)(?:-SIP)?[ \/](?<firmware>\d[\d.]*)`,
  ),
  form('fanvil', String.raw`^fanvil (?<model>\S+(?: \S+){0,2}) (?<firmware>\d[\d.]*)${MAC_AT_END}`),
  form('flyingvoice', `^flyingvoice ${MODEL_AND_VERSION}${MAC_AT_END}`),
  form(
    'grandstream',
    String.raw`^Grandstream Model HW (?<model>\S+)(?:\s+V\S+)?\s+SW (?<firmware>\S+) DevId (?<mac>[0-9a-f]{12})`,
  ),
  form(
    'grandstream',
    String.raw`^Grandstream (?<model>GXP\d+) \([^:]+:(?<firmware>[\d.]+)\/.*DevId (?<mac>[0-9a-f]{12})`,
  ),
  form('grandstream', String.raw`^Grandstream (?<model>\S+) (?<firmware>[\d.]+)$`),
  form('htek', `^htek ${MODEL_AND_VERSION}${MAC_AT_END}`),
  form('sangoma', `^sangoma ${MODEL_AND_VERSION}${MAC_AT_END}`),
  form('cisco', String.raw`^Cisco\/(?<model>\w+)-(?<firmware>\S+) (?:\((?<mac>[0-9a-f]{12})\))?\(\w+\)$`),
  // The bracket of a Linksys holds the serial number, even where that looks like a MAC.
  form('cisco', String.raw`^(?:Linksys|Sipura)\/(?<model>[\w-]+)-(?<firmware>[^\s-]+) \(\w+\)$`),
  form('cisco', String.raw`^Cisco-(?<model>CP-\d{4})-3PCC\/(?<firmware>\S+) \((?<mac>[0-9a-f]{12})\)`),
  form(
    'polycom',
    String.raw`^FileTransport Poly(?:com)?\w+-(?<model>\w+)-UA\/(?<firmware>[\d.]+)(?: \(SN:(?<mac>[0-9a-f]{12})\))?`,
  ),
  form(
    'panasonic',
    String.raw`^Panasonic[_-](?<model>[^\s\/]+)\/(?<firmware>\S+)(?: \((?<mac>[0-9a-f]{12})\))?`,
  ),
  form(
    'audiocodes',
    String.raw`^AUDC-IPPhone\/(?<firmware>\S+)(?: \((?<model>\w+)[^;)]*; ?(?<mac>[0-9a-f]{12})\))?`,
  ),
  form(
    'gigaset',
    String.raw`^"?Gigaset (?<model>[\w ]+)\/(?<firmware>[\w.]+)(?:\+[^;]*)?(?:;(?<mac>[0-9a-f]{12}))?`,
  ),
  form(
    'gigaset',
    String.raw`^"?(?<model>N\d{3} IP[\w ]*)\/(?<firmware>[\w.]+)(?:\+[^;]*)?(?:;(?<mac>[0-9a-f]{12}))?`,
  ),
  form('mitel', String.raw`^(?:Aastra|Mitel)(?<model>\w+) MAC:(?<mac>\S+) V:(?<firmware>\S+)-SIP$`),
  form('alcatel', `^ALE ${MODEL_AND_VERSION}${MAC_AT_END}`),
  form('alcatel', String.raw`^Alcatel (?<model>IP Touch \w+)\/(?<firmware>[\d.]+)$`),
  form('thomson', String.raw`^THOMSON (?<model>\S+) hw\S+ fw(?<firmware>\S+)(?: (?<mac>\S+))?$`),
  form(
    'avaya',
    String.raw`^(?:Mozilla\/4\.0 \(compatible; MSIE 6\.0\) )?AVAYA\/(?<model>\w+)-(?<firmware>[\d.]+)(?: \(MAC:(?<mac>[0-9a-f]{12})\))?`,
  ),
  form('atcom', `^atcom ${MODEL_AND_VERSION}${MAC_AT_END}`),
  form('akuvox', `^akuvox ${MODEL_AND_VERSION}${MAC_AT_END}`),
  form('tiptel', String.raw`^tiptel (?<model>\S+(?: \S+)?) (?<firmware>\d[\d.]*)${MAC_AT_END}`),
  form('planet', String.raw`^PLANET (?<model>\S+)(?:\s+V?(?<firmware>\d[\d.]*))?${MAC_AT_END}`),
];

function form(vendor: string, source: string): AgentForm {
  return { vendor, pattern: new RegExp(source, 'i') };
}

const LONGEST_USER_AGENT = 256;

/** Reads a User-Agent of HTTP or SIP. Null when no known form fits or the text is longer than 256 characters. */
export function readUserAgent(text: string): UserAgentReading | null {
  if (text.length > LONGEST_USER_AGENT) return null;
  for (const { vendor, pattern } of AGENT_FORMS) {
    const groups = pattern.exec(text)?.groups;
    if (!groups) continue;
    return {
      vendor,
      model: groups.model ?? null,
      firmware: groups.firmware ?? null,
      mac: vendor === 'snom' ? findMacInText(text) : readMac(groups.mac),
    };
  }
  return null;
}

function readMac(text: string | undefined): Mac | null {
  if (text === undefined) return null;
  const parsed = parseMac(text);
  return parsed.ok ? parsed.value : null;
}

/** Manufacturer blocks; a block shared by brands lists the likelier one first. Taken from public plug-ins and captures. */
const BLOCKS: Readonly<Record<string, string>> = {
  flyingvoice: '0021f2 789912',
  yealink: '001565 805ec0 805e0c 249ad8 3497d7 44dbd2 644f56 b061a9 c4fc22 e434d7 ec1da9 f01653',
  snom: '000413 1c7126',
  audiocodes: '00908f',
  panasonic: '0080f0 080023 bcc342',
  'cisco-spa': '000e08 00045a 000625 000c41 8843e1',
  grandstream: '000b82 c074ad ec74d7',
  fanvil: '0c383e 00a859',
  attimo: '0c383e',
  htek: '001fc1',
  sangoma: '001fc1 005058',
  digium: '000fd3',
  polycom: '0004f2 64167f 482567 00907a',
  gigaset: '7c2f80 14b370 002104 589ec6',
  mitel: '00085d 1400e9 08000f',
  atcom: '808287',
  escene: '00268b',
  planet: '00304f',
  akuvox: '0c1105',
  alcatel: '487a55 3c28a6',
  thomson: '00147f 0018f6 001f9f',
  patton: '00a0ba',
  zenitel: '0013cb',
  konftel: '00177d',
  bittel: 'f00786',
  avaya: 'c81fea',
  yeastar: 'f4b549',
};

const MAKERS: ReadonlyMap<string, readonly string[]> = indexBlocks();
const BLOCK_LENGTHS = [9, 7, 6] as const;

function indexBlocks(): Map<string, string[]> {
  const makers = new Map<string, string[]>();
  for (const [vendor, prefixes] of Object.entries(BLOCKS))
    for (const prefix of prefixes.split(' ')) makers.set(prefix, [...(makers.get(prefix) ?? []), vendor]);
  return makers;
}

/** Vendor slugs that use the block of this MAC, longest assignment (36, 28, 24 bits) first; empty for an unknown block. */
export function vendorsOfMac(mac: Mac): readonly string[] {
  for (const length of BLOCK_LENGTHS) {
    const makers = MAKERS.get(mac.slice(0, length));
    if (makers) return makers;
  }
  return [];
}

const HOST_HINTS = new Set([
  'snom',
  'gigaset',
  'yealink',
  'grandstream',
  'fanvil',
  'panasonic',
  'audiocodes',
]);
const LONGEST_HOST = 253;

function vendorOfHost(host: string): string | null {
  if (host.length > LONGEST_HOST) return null;
  return (
    host
      .toLowerCase()
      .split('.')
      .find((label) => HOST_HINTS.has(label)) ?? null
  );
}
