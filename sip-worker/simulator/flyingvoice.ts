/** Flyingvoice FIP phones, as the Auto Provisioning Guide and its two captures show them. */
import { parseBootFile } from '../../lib/domain/boot-file.ts';
import { formatMac } from '../../lib/domain/mac.ts';
import { makeHeader } from '../sip/message.ts';
import { formatHostPort } from '../sip/uri.ts';
import type {
  AppliedFile,
  Fetched,
  Phone,
  PhoneKind,
  SubscribePlace,
  Walked,
  WalkStart,
} from './phone-kind.ts';

export const flyingvoice: PhoneKind = {
  vendor: 'flyingvoice',
  defaults: { model: 'FIP14G', firmware: '0.7.11' },
  userAgent: ({ mac, model, firmware }) =>
    `Flyingvoice ${model} V${firmware} ${formatMac(mac).toUpperCase()}`,
  subscribe,
  expandUrl: (url, { mac }) => url.replaceAll(/\$\(MA\)|\$MA(?![A-Za-z])/g, mac),
  walk,
};

/** The request URI, ports and lower-case MAC are the capture's; the other headers follow the phones that it copies. */
function subscribe(phone: Phone, place: SubscribePlace): ReturnType<PhoneKind['subscribe']> {
  const { mac, model, firmware } = phone;
  const own = `sip:MAC${mac}@${place.group}`;
  const from = formatHostPort(place.address, place.port);
  return {
    kind: 'request',
    method: 'SUBSCRIBE',
    uri: own,
    headers: [
      makeHeader('Via', `SIP/2.0/UDP ${from};branch=z9hG4bK${place.random}`),
      makeHeader('From', `<${own}>;tag=${place.random}`),
      makeHeader('To', `<${own}>`),
      makeHeader('Call-ID', `${place.random}@${place.address}`),
      makeHeader('CSeq', '1 SUBSCRIBE'),
      makeHeader('Contact', `<sip:MAC${mac}@${from}>`),
      makeHeader('Max-Forwards', '70'),
      makeHeader('User-Agent', `Flyingvoice ${model} ${firmware}`),
      makeHeader('Expires', '0'),
      makeHeader(
        'Event',
        `ua-profile;profile-type="device";vendor="Flyingvoice";model="${model}";version="${firmware}"`,
      ),
      makeHeader('Accept', 'application/url'),
      makeHeader('Content-Length', '0'),
    ],
    body: new Uint8Array(0),
  };
}

type Fetch = (url: string) => Promise<Fetched>;

/** A URL of a file makes the phone ask for that file alone. */
async function walk({ phone, url, isFromDhcp }: WalkStart, fetch: Fetch): Promise<Walked> {
  const walked = { applied: [] as AppliedFile[], problems: [] as string[] };
  const name = url.slice(url.lastIndexOf('/') + 1).replace(/[?#].*$/, '');
  if (name.includes('.') || name === phone.mac) {
    await applyFile(url, { phone, fetch, walked, isNeeded: true });
    return walked;
  }
  const folder = url.endsWith('/') ? url : `${url}/`;
  const ask = (file: string): Promise<boolean> =>
    applyFile(folder + file, { phone, fetch, walked, isNeeded: false });
  // Config File Name is $(MA) from the factory; the capture goes on after an error, and what follows a find is unknown.
  if (isFromDhcp) await ask(phone.mac);
  if ((await ask(`${phone.mac}.boot`)) || (await ask('y000000000000.boot'))) return walked;
  await ask('y000000000000.cfg');
  await ask(`${phone.mac}.cfg`);
  return walked;
}

interface Applying {
  readonly phone: Phone;
  readonly fetch: Fetch;
  readonly walked: { readonly applied: AppliedFile[]; readonly problems: string[] };
  /** Something said that the file is there. */
  readonly isNeeded: boolean;
}

/** True when the file was there. A boot file stands for what it includes. */
async function applyFile(url: string, applying: Applying): Promise<boolean> {
  const { fetch, walked, phone } = applying;
  const name = decodeName(url);
  const fetched = await fetch(url);
  if (fetched.kind === 'failed') walked.problems.push(`${name}: ${fetched.reason}`);
  if (fetched.kind === 'not-found' && applying.isNeeded) walked.problems.push(`${name}: not found`);
  if (fetched.kind !== 'found') return false;
  if (!name.endsWith('.boot')) {
    walked.applied.push({ name, text: fetched.text });
    return true;
  }
  const boot = parseBootFile(fetched.text, { url, model: phone.model });
  for (const { line, text } of boot.errors) walked.problems.push(`${name}, line ${line}: ${text}`);
  for (const include of boot.includes) await applyFile(include.resolved, { ...applying, isNeeded: true });
  return true;
}

function decodeName(url: string): string {
  const name = url.slice(url.lastIndexOf('/') + 1).replace(/[?#].*$/, '');
  try {
    return decodeURIComponent(name);
  } catch {
    // A lone % is no encoding; the name is shown as it was written.
    return name;
  }
}
