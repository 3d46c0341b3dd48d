import type { ReactNode } from 'react';
import type { DeviceDocument } from '#lib/domain/device-document.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import { TimeAgo } from '../ui/time.tsx';
import { MacText, macText } from './mac-text.tsx';
import { stageFactsOf } from './stage-facts.ts';
import { StageWord } from './stage-word.tsx';

interface PhoneHeaderProps {
  readonly phone: DeviceDocument;
  readonly modelName: string | null;
  readonly siteName: string;
  readonly now: number;
  readonly actions?: ReactNode;
}

/** Which phone this is, and how it is doing, in two lines. */
export function PhoneHeader({ phone, modelName, siteName, now, actions }: PhoneHeaderProps) {
  return (
    <PageHeader
      actions={actions}
      title={phone.label ?? phone.lines[0]?.userName ?? 'Unnamed phone'}
      state={
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <StageWord facts={stageFactsOf(phone)} now={now} />
          <span className="inline-flex items-center">
            <MacText mac={phone.mac} />
            <CopyButton text={macText(phone.mac)} what="MAC address" />
          </span>
          <span>{modelName ?? 'Unknown model'}</span>
          <span>{siteName}</span>
          <SeenLast phone={phone} now={now} />
        </span>
      }
    />
  );
}

function SeenLast({ phone, now }: { readonly phone: DeviceDocument; readonly now: number }) {
  if (phone.lastSeenAt === null) return null;
  const facts = [phone.lastSeenAddress, phone.firmware && `firmware ${phone.firmware}`].filter(Boolean);
  return (
    <span>
      {facts.length > 0 ? `${facts.join(', ')}, ` : ''}seen <TimeAgo at={phone.lastSeenAt} now={now} />
    </span>
  );
}
