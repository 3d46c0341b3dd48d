import { Counter, type Registry } from 'prom-client';
import type { PnpEvent } from '../pnp/event.ts';

/** Counts the steps of PnP. Labels come from closed lists, never from the network. */
export function countPnpEvents(registry: Registry): (event: PnpEvent) => void {
  const registers = [registry];
  const steps = new Counter({
    name: 'provost_pnp_steps_total',
    help: 'Steps of PnP exchanges: SUBSCRIBEs, answers, NOTIFYs',
    labelNames: ['step', 'answered'] as const,
    registers,
  });
  const refused = new Counter({
    name: 'provost_pnp_refused_total',
    help: 'Datagrams that were no question of a phone, by reason',
    labelNames: ['reason'] as const,
    registers,
  });
  return (event) => {
    if (event.kind === 'refused') refused.inc({ reason: event.reason });
    else
      steps.inc({
        step: event.kind,
        answered: event.kind === 'subscribe' ? String(event.verdict.answer) : '',
      });
  };
}
