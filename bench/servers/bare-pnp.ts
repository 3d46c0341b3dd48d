import { openBound } from '../datagram.ts';
import { GROUP } from './group.ts';

const MAC = /MAC(?:%3a)?([0-9a-f]{12})/i;
const COPIED = /^(?:Via|From|To|Call-ID|CSeq):.*$/gm;
const CONTACT = /^Contact: <([^>]+)>/m;

/** Two near-canned datagrams for each SUBSCRIBE; responses to the NOTIFY are only received. Returns the port. */
export async function startBarePnp(port: number, urls: ReadonlyMap<string, string>): Promise<number> {
  const socket = await openBound({ address: '0.0.0.0', port, reuseAddr: true });
  socket.addMembership(GROUP, '127.0.0.1');
  let count = 0;
  socket.on('message', (bytes, source) => {
    const text = bytes.toString('latin1');
    if (!text.startsWith('SUBSCRIBE')) return;
    count += 1;
    const url = urls.get(MAC.exec(text)?.[1]?.toLowerCase() ?? '') ?? '';
    const copied = text.match(COPIED)?.join('\r\n') ?? '';
    const target = CONTACT.exec(text)?.[1] ?? '';
    const ok = `SIP/2.0 200 OK\r\n${copied}\r\nExpires: 0\r\nContent-Length: 0\r\n\r\n`;
    socket.send(Buffer.from(ok, 'latin1'), source.port, source.address);
    socket.send(
      Buffer.from(notify(text, { target, url, count, port }), 'latin1'),
      source.port,
      source.address,
    );
  });
  return port;
}

const CALL_ID = /^Call-ID:.*$/m;
const FROM = /^From:(.*)$/m;

function notify(
  text: string,
  { target, url, count, port }: { target: string; url: string; count: number; port: number },
): string {
  return `NOTIFY ${target} SIP/2.0\r
Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK${count}\r
From: <sip:127.0.0.1>;tag=${count}\r
To:${FROM.exec(text)?.[1] ?? ''}\r
${CALL_ID.exec(text)?.[0] ?? ''}\r
CSeq: 1 NOTIFY\r
Max-Forwards: 70\r
Event: ua-profile\r
Subscription-State: terminated;reason=timeout\r
Content-Type: application/url\r
Content-Length: ${url.length}\r
\r
${url}`;
}
