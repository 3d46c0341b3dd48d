import { FileX } from 'lucide-react';
import Link from 'next/link';
import { notFound } from 'next/navigation';
import type { DeviceFileDocument } from '#lib/domain/device-document.ts';
import { deviceFileProvenance, deviceFiles } from '#lib/store/device-files.ts';
import { FileView } from '../../../../../components/device/file-view.tsx';
import { describeOrigins } from '../../../../../components/device/line-origin.ts';
import { classNames } from '../../../../../components/ui/class-names.ts';
import { EmptyState } from '../../../../../components/ui/empty-state.tsx';
import { readableBytes } from '../../../../../components/ui/quantity.ts';
import { page } from '../../../../_server/page.ts';
import { openPhone } from '../phone.ts';

export default page<{ id: string }>(async ({ store }, { params, query }) => {
  const { phone } = await openPhone(params.id);
  const files = (await deviceFiles(store, phone.id))?.sort(
    (a, b) => ROLES.indexOf(a.role) - ROLES.indexOf(b.role),
  );
  const file = files?.find(({ name }) => name === query.file) ?? files?.find(({ role }) => role === 'main');
  if (!files || !file) {
    return (
      <EmptyState icon={<FileX aria-hidden className="size-5" />} title="No files yet">
        They are made as soon as the phone is approved, has a model, and nothing in its configuration is
        wrong.
      </EmptyState>
    );
  }
  const provenance = await deviceFileProvenance(store, phone.id, {
    name: file.name,
  });
  if (!provenance.ok) notFound();
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[240px_minmax(0,1fr)]">
      <FileLinks phoneId={phone.id} files={files} current={file.name} revision={phone.revision} />
      <FileView
        key={file.name}
        name={file.name}
        facts={`revision ${phone.revision}, ${readableBytes(file.bytes)}, ETag ${file.etag}`}
        lines={provenance.lines.map((line) => ({
          number: line.line,
          text: line.text,
          isSecret: line.secret,
          ...describeOrigins(line),
        }))}
      />
    </div>
  );
});

interface FileLinksProps {
  readonly phoneId: string;
  readonly files: readonly DeviceFileDocument[];
  readonly current: string;
  readonly revision: number;
}

const ROLES = ['main', 'boot', 'common'];
const ROLE_WORDS = {
  main: 'Accounts and settings',
  boot: 'Boot file',
  common: 'Common settings',
};

function FileLinks({ phoneId, files, current }: FileLinksProps) {
  return (
    <nav aria-label="Files" className="overflow-hidden rounded border border-line bg-surface">
      <ul>
        {files.map((file) => (
          <li key={file.name} className="hairline-b last:border-0">
            <Link
              href={`/phones/${phoneId}/files?file=${encodeURIComponent(file.name)}`}
              aria-current={file.name === current ? 'page' : undefined}
              className={classNames(
                'block border-l-2 px-3 py-2 outline-offset-[-2px] transition-colors hover:bg-hover',
                file.name === current ? 'border-l-accent bg-accent-wash' : 'border-l-transparent',
              )}
            >
              <span className="block truncate font-mono text-12">{file.name}</span>
              <span className="mt-0.5 flex justify-between gap-2 text-12 text-muted">
                <span>{ROLE_WORDS[file.role]}</span>
                <span className="whitespace-nowrap">{readableBytes(file.bytes)}</span>
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
