import { headerValue, headerValues, type SipMessage } from './message.ts';
import { type NameAddress, parseNameAddress } from './name-address.ts';
import { accept, refuse, type SipResult } from './result.ts';
import { parseVia, type Via } from './via.ts';

/** The headers that name a transaction and its dialog (RFC 3261 8.1.1), read and raw. */
export interface TransactionHeaders {
  /** All Via lines in order, and the first entry of the first one read. */
  readonly viaLines: readonly string[];
  readonly topVia: Via;
  readonly from: string;
  readonly fromAddress: NameAddress;
  readonly to: string;
  readonly toAddress: NameAddress;
  readonly callId: string;
  readonly cseq: string;
  readonly cseqMethod: string;
}

export type HeaderRefusal = 'missing-header' | 'repeated-header' | 'malformed-header' | 'cseq-method';

const ONCE = ['from', 'to', 'call-id', 'cseq'] as const;
const CSEQ = /^(\d{1,10})[ \t]+([\w\-.!%*+`'~]+)$/;
const LARGEST_CSEQ = 2 ** 31;

/** Reads what every request and response must carry; `at` names the header that is missing, doubled or malformed. */
export function readTransactionHeaders(message: SipMessage): SipResult<TransactionHeaders, HeaderRefusal> {
  for (const key of ONCE) {
    const count = headerValues(message, key).length;
    if (count !== 1) return refuse(count === 0 ? 'missing-header' : 'repeated-header', key);
  }
  const viaLines = headerValues(message, 'via');
  const topVia = parseVia(viaLines[0] ?? '');
  if (!topVia.ok) return refuse(viaLines.length === 0 ? 'missing-header' : 'malformed-header', 'via');
  const from = headerValue(message, 'from') ?? '';
  const fromAddress = parseNameAddress(from);
  if (!fromAddress.ok) return refuse('malformed-header', 'from');
  const to = headerValue(message, 'to') ?? '';
  const toAddress = parseNameAddress(to);
  if (!toAddress.ok) return refuse('malformed-header', 'to');
  const callId = headerValue(message, 'call-id') ?? '';
  if (callId === '') return refuse('malformed-header', 'call-id');
  const cseq = headerValue(message, 'cseq') ?? '';
  const cseqParts = CSEQ.exec(cseq);
  if (!cseqParts || Number(cseqParts[1]) >= LARGEST_CSEQ) return refuse('malformed-header', 'cseq');
  const cseqMethod = cseqParts[2] ?? '';
  if (message.kind === 'request' && cseqMethod !== message.method) return refuse('cseq-method');
  return accept({
    viaLines,
    topVia: topVia.value,
    from,
    fromAddress: fromAddress.value,
    to,
    toAddress: toAddress.value,
    callId,
    cseq,
    cseqMethod,
  });
}
