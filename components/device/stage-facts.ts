import type { DeviceDocument } from '#lib/domain/device-document.ts';
import type { StageFacts } from '#lib/domain/stage.ts';

/** What a stage is read from, of a device in full. */
export function stageFactsOf(phone: DeviceDocument): StageFacts {
  return {
    state: phone.state,
    revision: phone.revision,
    fetchedRevision: phone.fetchedRevision,
    publicationState: phone.publication.state,
    behind: phone.behind,
    reason: phone.publication.errors[0]?.reason ?? null,
    lastSeenAt: phone.lastSeenAt,
  };
}
