/** The texts that bodies are made of. Everything has a longest form; nothing may break a line of a configuration file. */
import ipaddr from 'ipaddr.js';
import { z } from 'zod';

const BREAKS_A_LINE = /[\r\n\0]/;

/** One line of text. CR, LF and NUL would end a line of a cfg file or a value in the database. */
export function oneLine(longest: number) {
  return z
    .string()
    .max(longest, `must have at most ${longest} characters`)
    .refine((text) => !BREAKS_A_LINE.test(text), 'must not contain a line break or a NUL character')
    .refine((text) => text.isWellFormed(), 'must be well-formed Unicode');
}

/** As `oneLine`, and not empty. */
export function name(longest: number) {
  return oneLine(longest).refine((text) => text.trim() !== '', 'must not be empty');
}

export const uuid = z.uuid('must be an id');

/** An id or a slug. */
export const reference = z
  .string()
  .max(64)
  .regex(/^[a-z0-9][a-z0-9-]*$/, 'must be a slug or an id');

export const slug = z
  .string()
  .max(63, 'must have at most 63 characters')
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'must be lower-case letters and digits with single hyphens between')
  .refine((text) => !z.uuid().safeParse(text).success, 'must not look like an id');

export const modelSlug = z
  .string()
  .max(128)
  .regex(/^[a-z0-9-]+\/[a-z0-9-]+$/, 'must be a model such as flyingvoice/fip14g');

export const vendorSlug = z
  .string()
  .max(32)
  .regex(/^[a-z0-9-]+$/, 'must be a vendor such as flyingvoice');

export const port = z
  .int('must be a port number')
  .min(1, 'must be a port number from 1 to 65535')
  .max(65_535, 'must be a port number from 1 to 65535');

const HOST_NAME =
  /^[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$/;

/** A host name or an address, without a port. */
export const host = oneLine(253).superRefine((text, context) => {
  // Digits and dots are meant as an address: `999.1.1.1` would be a name that nobody can look up.
  const isAddress = !/^[\d.]+$/.test(text) || ipaddr.IPv4.isValidFourPartDecimal(text);
  if ((HOST_NAME.test(text) && isAddress) || ipaddr.IPv6.isValid(text.replace(/^\[(.*)\]$/, '$1'))) return;
  const withPort = /^[^:]+:\d+$/.test(text);
  const message = withPort
    ? 'must not hold a port; it has a member of its own'
    : 'must be a host name or an address';
  context.addIssue({ code: 'custom', message });
});

/** A network with its prefix length; a single address is a network of one. Written in its shortest form. */
export const network = z
  .string()
  .max(49)
  .transform((text, context) => {
    const single = text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`;
    try {
      const [address, bits] = ipaddr.parseCIDR(single);
      const prefix = address.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
      return `${prefix.networkAddressFromCIDR(single).toString()}/${bits}`;
    } catch {
      // ipaddr.js has no other way to say that the text is no network.
      context.addIssue({ code: 'custom', message: 'must be a network such as 10.20.0.0/24 or fd00::/64' });
      return z.NEVER;
    }
  });

/** `http://` or `https://`, nothing behind the path, no slash at the end. */
export const publicBase = oneLine(255).transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : null;
  const plain = url !== null && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '';
  if (plain && url.username === '') return text.replace(/\/+$/, '');
  context.addIssue({ code: 'custom', message: 'must be a http:// or https:// address without "?" or "#"' });
  return z.NEVER;
});

export const tag = name(64);
export const externalId = name(128);
export const time = z.iso.datetime({ offset: true, error: 'must be a time such as 2026-11-20T09:00:00Z' });

/** A value of a parameter in the vendor's own words; numbers and booleans are written as they look. */
export const parameterValue = z
  .union([oneLine(4096), z.number(), z.boolean()], 'must be text, a number, true, false or null')
  .transform(String);

export const parameterKey = oneLine(255).refine((text) => text.trim() !== '', 'must not be empty');
