import { Grid3x3, PhoneCall } from 'lucide-react';
import type { LineKey } from '#lib/domain/device.ts';
import type { LineDocument } from '#lib/domain/device-document.ts';
import { getModel } from '#lib/store/models.ts';
import { Absent } from '../../../../../components/device/device-table.tsx';
import { type Column, DataTable } from '../../../../../components/ui/data-table.tsx';
import { EmptyState } from '../../../../../components/ui/empty-state.tsx';
import { Status } from '../../../../../components/ui/status.tsx';
import { page } from '../../../../_server/page.ts';
import { openPhone } from '../phone.ts';

export default page<{ id: string }>(async ({ store }, { params }) => {
  const { phone } = await openPhone(params.id);
  const model = phone.model === null ? null : await getModel(store, phone.model);
  return (
    <div className="flex flex-col gap-6">
      <section className="flex flex-col gap-2">
        <h2 className="text-14 font-semibold">
          Lines <Count used={phone.lines.length} of={model?.lines} />
        </h2>
        {phone.lines.length === 0 ? (
          <EmptyState icon={<PhoneCall aria-hidden className="size-5" />} title="No lines">
            The phone is configured without accounts. Give it lines with PUT or PATCH in the API.
          </EmptyState>
        ) : (
          <DataTable
            label="Lines"
            columns={LINE_COLUMNS}
            rows={phone.lines}
            keyOf={(line) => String(line.index)}
          />
        )}
      </section>
      <section className="flex flex-col gap-2">
        <h2 className="text-14 font-semibold">
          Keys <Count used={phone.keys.length} of={model?.keys} />
        </h2>
        {phone.keys.length === 0 ? (
          <EmptyState icon={<Grid3x3 aria-hidden className="size-5" />} title="No programmed keys">
            Every key keeps what the phone itself puts on it: its lines.
          </EmptyState>
        ) : (
          <DataTable
            label="Keys"
            columns={KEY_COLUMNS}
            rows={phone.keys}
            keyOf={(key) => `${key.module} ${key.index}`}
          />
        )}
      </section>
    </div>
  );
});

function Count({ used, of }: { readonly used: number; readonly of: number | undefined }) {
  return (
    <span className="ml-1 font-normal text-muted">{of === undefined ? used : `${used} of ${of} in use`}</span>
  );
}

const LINE_COLUMNS: readonly Column<LineDocument>[] = [
  {
    name: 'Line',
    narrow: 'title',
    cell: (line) => (
      <>
        <span className="mr-2 inline-block w-4 text-right text-muted">{line.index}</span>
        <span className="font-medium">{line.label ?? line.userName ?? 'No label'}</span>
      </>
    ),
  },
  {
    name: 'User name',
    narrow: 'detail',
    cell: (line) => line.userName ?? <Absent />,
  },
  {
    name: 'Display name',
    narrow: 'detail',
    cell: (line) => line.displayName ?? <Absent />,
  },
  { name: 'Server', narrow: 'detail', cell: serverOf },
  {
    name: 'Password',
    narrow: 'hidden',
    cell: (line) => (line.hasPassword ? 'Set' : <Status tone="waiting">None</Status>),
  },
  {
    name: 'State',
    narrow: 'trailing',
    cell: (line) => (line.enabled ? <Status tone="ok">On</Status> : <Status tone="off">Off</Status>),
  },
];

function serverOf(line: LineDocument) {
  if (line.sipServer === null) return <Absent />;
  const port = line.sipPort === null ? ', by SRV' : `:${line.sipPort}`;
  return `${line.sipServer}${port}${line.transport === null ? '' : ` ${line.transport.toUpperCase()}`}`;
}

const KEY_COLUMNS: readonly Column<LineKey>[] = [
  {
    name: 'Key',
    narrow: 'title',
    cell: (key) => (
      <>
        <span className="mr-2 inline-block w-4 text-right text-muted">{key.index}</span>
        <span className="font-medium">{key.label ?? key.value ?? 'No label'}</span>
        {key.module > 0 ? <span className="ml-2 text-muted">{`module ${key.module}`}</span> : null}
      </>
    ),
  },
  { name: 'Type', narrow: 'trailing', cell: (key) => KEY_WORDS[key.type] },
  { name: 'Value', narrow: 'detail', cell: (key) => key.value ?? <Absent /> },
  {
    name: 'Line',
    narrow: 'detail',
    cell: (key) => (key.line === null ? <Absent /> : `line ${key.line}`),
  },
  {
    name: 'Pickup',
    narrow: 'hidden',
    cell: (key) => key.pickupValue ?? <Absent />,
  },
];

const KEY_WORDS: Record<LineKey['type'], string> = {
  none: 'Unused',
  line: 'Line',
  blf: 'BLF',
  'speed-dial': 'Speed dial',
  park: 'Park',
  intercom: 'Intercom',
  dtmf: 'DTMF',
  dnd: 'Do not disturb',
  pickup: 'Pickup',
  'group-pickup': 'Group pickup',
  hold: 'Hold',
  paging: 'Paging',
};
