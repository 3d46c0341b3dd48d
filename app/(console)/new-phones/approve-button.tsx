'use client';

import { useRouter } from 'next/navigation';
import { type FormEvent, useState, useTransition } from 'react';
import { Form } from 'react-aria-components';
import { Button } from '../../../components/ui/button.tsx';
import { Dialog } from '../../../components/ui/dialog.tsx';
import { type Choice, Select } from '../../../components/ui/select.tsx';
import { Notice } from '../../../components/ui/status.tsx';
import { TextField } from '../../../components/ui/text-field.tsx';

interface Approval {
  readonly id: string;
  readonly model: string;
  readonly site: string;
  readonly label: string;
}

type Reply =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly message: string;
      readonly requestId: string;
    };

interface ApproveButtonProps {
  readonly phone: {
    readonly id: string;
    readonly mac: string;
    readonly model: string | null;
    readonly site: string;
  };
  readonly models: readonly Choice[];
  readonly sites: readonly Choice[];
  readonly onApprove: (approval: Approval) => Promise<Reply>;
}

export function ApproveButton(props: ApproveButtonProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button look="primary" size="small" onPress={() => setOpen(true)}>
        Approve<span className="sr-only">{` ${props.phone.mac}`}</span>
      </Button>
      <Dialog title={`Approve ${props.phone.mac}`} isOpen={isOpen} onOpenChange={setOpen}>
        <ApproveForm {...props} />
      </Dialog>
    </>
  );
}

function ApproveForm({ phone, models, sites, onApprove }: ApproveButtonProps) {
  const router = useRouter();
  const [refusal, setRefusal] = useState<{
    message: string;
    requestId: string;
  } | null>(null);
  const [isBusy, startTransition] = useTransition();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [model = '', site = '', label = ''] = ['model', 'site', 'label'].map((name) =>
      String(form.get(name)),
    );
    startTransition(async () => {
      const reply = await onApprove({ id: phone.id, model, site, label });
      if (reply.ok) router.push(`/phones/${phone.id}`);
      else setRefusal(reply);
    });
  };
  return (
    <Form onSubmit={submit} className="flex flex-col gap-4">
      <TextField label="Label" name="label" hint="What people call it: a room, a person." autoFocus />
      <Select label="Model" name="model" choices={models} defaultValue={phone.model} isRequired />
      <Select label="Site" name="site" choices={sites} defaultValue={phone.site} isRequired />
      <p className="text-13 text-muted">
        The phone configures itself the next time it asks, at the latest when it boots.
      </p>
      <div role="alert">
        {refusal === null ? null : (
          <Notice tone="wrong">
            {refusal.message} <span className="text-12">Request id {refusal.requestId}</span>
          </Notice>
        )}
      </div>
      <Button type="submit" look="primary" isPending={isBusy} className="self-end">
        {isBusy ? 'Approving…' : 'Approve phone'}
      </Button>
    </Form>
  );
}
