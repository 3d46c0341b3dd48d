import { type Parameters, readParameters } from './parameters.ts';
import { accept, refuse, type SipResult } from './result.ts';

/** The value of an Event header (RFC 6665 8.2.1): a package and its parameters. */
export interface EventValue {
  /** Lower case, with its template if it has one: `presence.winfo`. */
  readonly package: string;
  readonly parameters: Parameters;
}

const PACKAGE = /^[\w\-.!%*+`'~]+$/;

export function parseEvent(value: string): SipResult<EventValue, 'event'> {
  const semicolon = value.indexOf(';');
  const end = semicolon < 0 ? value.length : semicolon;
  const name = value.slice(0, end).trim();
  const parameters = readParameters(value, end);
  if (!parameters || !PACKAGE.test(name)) return refuse('event');
  return accept({ package: name.toLowerCase(), parameters });
}
