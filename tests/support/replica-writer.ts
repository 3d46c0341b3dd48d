/**
 * A process that writes a replica without end, to be killed at any moment: generation n sets every device, the rule
 * and the cursor to n in one change; every seventh generation arrives as a snapshot. Prints `ready` once it writes.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Replica } from '../../sip-worker/replica/store.ts';
import { generation, stateOf } from './replica-generations.ts';
import { TEST_VAULT } from './served-entities.ts';

const [dataDir = '', first = '1'] = process.argv.slice(2);
const log = { warn: (fields: object, message: string) => console.error(message, fields) };
const replica = new Replica({ dataDir, vault: TEST_VAULT, log });

for (let number = Number(first); ; number += 1) {
  if (number % 7 === 0 || replica.state === null) {
    const draft = replica.startSnapshot();
    draft.add(generation(number));
    replica.replaceBy(draft, stateOf(number));
  } else replica.apply({ upserts: generation(number), removals: [], state: stateOf(number) });
  if (number === Number(first)) console.log('ready');
  await nextTurn();
}
