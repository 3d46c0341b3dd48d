import { startNode } from '../support/processes.ts';
import { readFacts } from './installation-facts.ts';

/** Boots a phone that asks by multicast on loopback. The exit code: 0 configured, 2 nobody answered. */
export async function bootPhone(mac: string, timeoutSec = 10): Promise<number | null> {
  const phone = startNode('sip-worker/simulator/main.ts', [
    ...['--vendor', 'flyingvoice', '--mac', mac, '--port', String(readFacts().sipPort)],
    ...['--timeout', String(timeoutSec)],
  ]);
  return (await phone.ended).code;
}
