import { PageHeader } from '../../../components/ui/page-header.tsx';
import { Skeleton, TableSkeleton } from '../../../components/ui/skeleton.tsx';

export default function NewPhonesLoading() {
  return (
    <div className="flex flex-col gap-4">
      <PageHeader title="New phones" state={<Skeleton className="h-4 w-96 max-w-full" />} />
      <TableSkeleton rows={6} />
    </div>
  );
}
