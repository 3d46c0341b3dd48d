'use client';

import { useRouter } from 'next/navigation';
import { useState, useTransition } from 'react';
import { Button } from '../../../../components/ui/button.tsx';
import { Dialog } from '../../../../components/ui/dialog.tsx';
import { Notice } from '../../../../components/ui/status.tsx';

interface Versioned {
  readonly id: string;
  readonly version: number;
}

type Reply =
  | { readonly ok: true }
  | { readonly ok: false; readonly message: string; readonly requestId: string };

interface StateButtonProps {
  readonly phone: Versioned;
  /** `Suspend`, `Resume`. */
  readonly verb: string;
  /** What happens next, and when. */
  readonly effect: string;
  readonly onConfirm: (phone: Versioned) => Promise<Reply>;
}

/** Says what will happen before it does. */
export function StateButton({ phone, verb, effect, onConfirm }: StateButtonProps) {
  const router = useRouter();
  const [isOpen, setOpen] = useState(false);
  const [refusal, setRefusal] = useState<{ message: string; requestId: string } | null>(null);
  const [isBusy, startTransition] = useTransition();
  const confirm = () =>
    startTransition(async () => {
      const reply = await onConfirm({ id: phone.id, version: phone.version });
      setRefusal(reply.ok ? null : reply);
      if (reply.ok) setOpen(false);
      router.refresh();
    });
  return (
    <>
      <Button onPress={() => setOpen(true)}>{verb}</Button>
      <Dialog title={`${verb} this phone`} isOpen={isOpen} onOpenChange={setOpen}>
        <p className="text-14">{effect}</p>
        <div role="alert" className="mt-3">
          {refusal === null ? null : (
            <Notice tone="wrong">
              {refusal.message} <span className="text-12">Request id {refusal.requestId}</span>
            </Notice>
          )}
        </div>
        <div className="mt-4 flex justify-end gap-2">
          <Button onPress={() => setOpen(false)}>Cancel</Button>
          <Button look="primary" isPending={isBusy} onPress={confirm}>
            {`${verb} phone`}
          </Button>
        </div>
      </Dialog>
    </>
  );
}
