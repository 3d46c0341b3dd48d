import type { SightingDocument } from '#lib/store/sightings.ts';
import { Absent } from '../../../components/device/device-table.tsx';
import { type Column, DataTable } from '../../../components/ui/data-table.tsx';
import { TimeAgo } from '../../../components/ui/time.tsx';

/** Phones that ask without saying their MAC. They cannot be approved from here: somebody reads the MAC off the phone. */
export function NamelessPhones({
  sightings,
  now,
}: {
  readonly sightings: readonly SightingDocument[];
  readonly now: number;
}) {
  return (
    <section className="mt-4 flex flex-col gap-2" aria-labelledby="nameless">
      <h2 id="nameless" className="text-[16px] font-semibold">
        Without a MAC
      </h2>
      <p className="text-[13px] text-muted">
        These phones asked without saying who they are, so PnP cannot answer them. Read the MAC off the phone,
        add it, and give it its site's bootstrap URL by DHCP or by hand.
      </p>
      <DataTable
        label="Phones without a MAC"
        columns={columnsOf(now)}
        rows={sightings}
        keyOf={(each) => each.id}
      />
    </section>
  );
}

function columnsOf(now: number): Column<SightingDocument>[] {
  return [
    { name: 'Address', narrow: 'title', cell: (each) => <span className="font-medium">{each.address}</span> },
    { name: 'Recognised as', narrow: 'detail', cell: recognisedAs },
    {
      name: 'Firmware',
      narrow: 'detail',
      className: 'max-lg:hidden',
      cell: (each) => each.firmware ?? <Absent />,
    },
    { name: 'Rule', narrow: 'hidden', className: 'max-lg:hidden', cell: (each) => each.rule ?? <Absent /> },
    {
      name: 'Asked',
      narrow: 'detail',
      className: 'sm:w-20',
      cell: (each) => <TimeAgo at={each.lastSeenAt} now={now} />,
    },
  ];
}

function recognisedAs({ vendor, model }: SightingDocument) {
  return model ?? vendor ?? <Absent />;
}
