import { PageHeader } from '../../../../components/ui/page-header.tsx';
import { Skeleton, TableSkeleton } from '../../../../components/ui/skeleton.tsx';

export default function PhonesLoading() {
  return (
    <div className="flex flex-col gap-4">
      <PageHeader title="Phones" state={<Skeleton className="h-4 w-40" />} />
      <Skeleton className="h-8 w-72" />
      <TableSkeleton rows={12} />
    </div>
  );
}
