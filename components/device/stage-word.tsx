import { type StageFacts, stageOf } from '#lib/domain/stage.ts';
import { Status } from '../ui/status.tsx';

interface StageWordProps {
  readonly facts: StageFacts;
  readonly now: number;
}

export function StageWord({ facts, now }: StageWordProps) {
  const stage = stageOf(facts, now);
  return <Status tone={stage.tone}>{stage.word}</Status>;
}
