import Link from 'next/link';
import type { DeviceSummary } from '#lib/domain/device-document.ts';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { TimeAgo } from '../ui/time.tsx';
import { MacText } from './mac-text.tsx';
import { StageWord } from './stage-word.tsx';

interface DeviceTableProps {
  readonly devices: readonly DeviceSummary[];
  /** The server's clock. */
  readonly now: number;
}

/** Phones as rows, each a link to its page. */
export function DeviceTable({ devices, now }: DeviceTableProps) {
  return <DataTable label="Phones" columns={columnsAt(now)} rows={devices} keyOf={(device) => device.id} />;
}

function columnsAt(now: number): Column<DeviceSummary>[] {
  return [
    { name: 'Phone', narrow: 'title', cell: (device) => <PhoneLink device={device} /> },
    { name: 'MAC', narrow: 'detail', className: 'sm:w-40', cell: (device) => <MacText mac={device.mac} /> },
    {
      name: 'Model',
      narrow: 'detail',
      className: 'sm:w-24',
      cell: (device) => device.modelName ?? <Absent />,
    },
    { name: 'Site', narrow: 'hidden', className: 'max-xl:hidden xl:w-32', cell: (device) => device.siteName },
    {
      name: 'Lines',
      narrow: 'detail',
      className: 'sm:max-lg:hidden lg:w-32',
      cell: (device) => listed(device.lines),
    },
    {
      name: 'Stage',
      narrow: 'trailing',
      className: 'sm:w-40 lg:w-56',
      cell: (device) => <StageWord facts={device} now={now} />,
    },
    {
      name: 'Last seen',
      narrow: 'hidden',
      className: 'sm:w-22 sm:text-right',
      cell: (device) => (device.lastSeenAt ? <TimeAgo at={device.lastSeenAt} now={now} /> : <Absent />),
    },
    {
      name: 'Firmware',
      narrow: 'hidden',
      className: 'max-lg:hidden lg:w-24',
      cell: (device) => device.firmware ?? <Absent />,
    },
  ];
}

function PhoneLink({ device }: { readonly device: DeviceSummary }) {
  return (
    <Link href={`/phones/${device.id}`} className="font-medium after:absolute after:inset-0">
      {device.label ?? device.lines[0] ?? 'Unnamed phone'}
    </Link>
  );
}

/** Nothing known; read aloud as such. */
export function Absent() {
  return (
    <span className="text-muted">
      <span aria-hidden>–</span>
      <span className="sr-only">unknown</span>
    </span>
  );
}

function listed(lines: readonly string[]) {
  if (lines.length === 0) return <Absent />;
  return lines.length <= 3
    ? lines.join(', ')
    : `${lines.slice(0, 2).join(', ')} and ${lines.length - 2} more`;
}
