import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';

/** Where a cell goes when the table becomes a list of two-line rows on a narrow screen. */
type NarrowPlace = 'title' | 'trailing' | 'detail' | 'hidden';

export interface Column<Row> {
  readonly name: string;
  readonly narrow: NarrowPlace;
  readonly className?: string;
  readonly cell: (row: Row) => ReactNode;
}

interface DataTableProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
}

const NARROW: Record<NarrowPlace, string> = {
  title: 'max-sm:order-1 max-sm:grow max-sm:basis-[55%]',
  trailing: 'max-sm:order-2 max-sm:max-w-[38%]',
  detail: 'max-sm:order-4 max-sm:text-12 max-sm:text-muted',
  hidden: 'max-sm:hidden',
};

/** The one table; on a narrow screen it becomes a list of two-line rows. */
export function DataTable<Row>({ label, columns, rows, keyOf }: DataTableProps<Row>) {
  return (
    <div className="scroll-quiet overflow-x-auto rounded border border-line bg-surface">
      <table aria-label={label} className="w-full border-collapse text-13 max-sm:block sm:table-fixed">
        <thead className="max-sm:sr-only">
          <tr className="hairline-b">
            {columns.map((column) => (
              <th
                key={column.name}
                scope="col"
                className={classNames(
                  'h-9 px-3 text-left text-12 font-medium whitespace-nowrap text-muted',
                  column.className,
                )}
              >
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="max-sm:block">
          {rows.map((row) => (
            <tr
              key={keyOf(row)}
              className={
                'hairline-b relative transition-colors last:border-0 hover:bg-hover sm:h-9 ' +
                'max-sm:before:order-3 max-sm:before:basis-full max-sm:flex max-sm:flex-wrap max-sm:items-center max-sm:gap-x-3 max-sm:gap-y-0.5 max-sm:px-3 max-sm:py-2'
              }
            >
              {columns.map((column) => (
                <td
                  key={column.name}
                  className={classNames('min-w-0 truncate sm:px-3', NARROW[column.narrow], column.className)}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
