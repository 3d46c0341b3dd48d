import { findOutsideQuotes, type Parameters, readParameters, readQuoted } from './parameters.ts';
import { accept, refuse, type SipResult } from './result.ts';

/** The value of From, To or Contact: `"name" <uri>;parameters` or `uri;parameters` (RFC 3261 20.10). */
export interface NameAddress {
  readonly uri: string;
  readonly parameters: Parameters;
}

/** Reads one value; of a list as in Contact only the first entry. The display name is skipped, not kept. */
export function parseNameAddress(value: string): SipResult<NameAddress, 'name-address'> {
  const bracket = findBracket(value);
  if (bracket === null) return refuse('name-address');
  const uriStart = bracket < 0 ? 0 : bracket + 1;
  const uriEnd = bracket < 0 ? findUriEnd(value) : value.indexOf('>', uriStart);
  if (uriEnd <= uriStart) return refuse('name-address');
  const end = findOutsideQuotes(value, ',', uriEnd);
  const parameters = readParameters(value.slice(bracket < 0 ? uriEnd : uriEnd + 1, end));
  if (!parameters) return refuse('name-address');
  return accept({ uri: value.slice(uriStart, uriEnd).trim(), parameters });
}

/** The opening bracket behind the display name; -1 in the form without one, null when a quote does not close. */
function findBracket(value: string): number | null {
  if (value[0] !== '"') return value.indexOf('<');
  const quoted = readQuoted(value, 0);
  if (!quoted) return null;
  const bracket = value.indexOf('<', quoted.end);
  return bracket < 0 || value.slice(quoted.end, bracket).trim() !== '' ? null : bracket;
}

/** Without brackets every parameter belongs to the header, and the URI ends before it (RFC 3261 20). */
function findUriEnd(value: string): number {
  for (let at = 0; at < value.length; at += 1) if (value[at] === ';' || value[at] === ',') return at;
  return value.length;
}
