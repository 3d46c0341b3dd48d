import type { ServedEntity } from '../../lib/domain/served.ts';
import type { ReplicaState } from '../../sip-worker/replica/state.ts';
import {
  asArtifact,
  asDevice,
  asRule,
  asSite,
  TEST_RULE,
  TEST_SITE,
  testDevice,
  testFile,
} from './served-entities.ts';

/** Many enough that a change spans several pages of the file. */
export const DEVICES = 24;

export function fileText(device: number, number: number): string {
  return `# device ${device}\naccount.1.label=generation ${number}\n${'x'.repeat(device * 40)}\n`;
}

/** Everything that is served in one generation; nothing of it equals another generation's. */
export function generation(number: number): ServedEntity[] {
  const devices = Array.from({ length: DEVICES }, (_, index) => index + 1);
  return [
    ...devices.map((device) => asArtifact(fileText(device, number))),
    asSite({ ...TEST_SITE, version: number }),
    asRule({ ...TEST_RULE, version: number }),
    ...devices.map((device) =>
      asDevice(
        testDevice(device, { revision: number, files: [testFile('main.cfg', fileText(device, number))] }),
      ),
    ),
  ];
}

export function stateOf(number: number): ReplicaState {
  return {
    epoch: 'e',
    cursor: String(number),
    appliedAbove: [BigInt(number)],
    scope: 'all',
    snapshotAt: 'now',
  };
}
