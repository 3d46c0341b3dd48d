import { ACCESS_REFUSAL_TEXT, type AccessRefusal } from '#lib/domain/access.ts';

/** Why a phone got no file. From outside all of them but `method` look the same. */
export type Refusal =
  | AccessRefusal
  | 'method'
  | 'bad-path'
  | 'unknown-token'
  | 'unknown-code'
  | 'unknown-device'
  | 'other-site'
  | 'bare-mac'
  | 'no-such-file'
  | 'ambiguous-common-file'
  | 'throttled'
  | 'unreadable-file'
  | 'no-snapshot';

const OWN_TEXT: Readonly<Record<Exclude<Refusal, AccessRefusal>, string>> = {
  method: 'only reading is allowed',
  'bad-path': 'the path leads nowhere',
  'unknown-token': 'no phone has this URL token',
  'unknown-code': 'no site has this bootstrap code',
  'unknown-device': 'the phone is not in the inventory',
  'other-site': 'the phone is at no site below the one whose code was used',
  'bare-mac': 'phones ask for their bare MAC first and go on when there is nothing',
  'no-such-file': 'the phone has no file of this name',
  'ambiguous-common-file':
    'ambiguous common file: neither address nor User-Agent nor site tells for which vendor',
  throttled: 'too many unknown names from this address; more are not looked up for a minute',
  'unreadable-file': 'the stored file is missing or damaged',
  'no-snapshot': 'this worker has no data yet: it has never reached the database',
};

const TEXT: Readonly<Record<Refusal, string>> = { ...ACCESS_REFUSAL_TEXT, ...OWN_TEXT };

/** For people: what was wrong, and what to do where something can be done. */
export function describeRefusal(refusal: Refusal): string {
  return TEXT[refusal];
}
