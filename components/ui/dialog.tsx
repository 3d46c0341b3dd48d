'use client';

import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { IconButton } from './button.tsx';

interface DialogProps {
  readonly title: string;
  readonly isOpen: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
  readonly children: ReactNode;
}

/** Asks for one thing over the page; Escape and a press outside close it. */
export function Dialog({ title, isOpen, onOpenChange, children }: DialogProps) {
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={onOpenChange}
      isDismissable
      className="fixed inset-0 z-30 grid place-items-center overflow-auto bg-[#0008] p-4"
    >
      <Modal className="w-full max-w-md rounded border border-line bg-surface shadow-float">
        <AriaDialog className="outline-none">
          <div className="hairline-b flex items-center justify-between py-2 pr-2 pl-4">
            <Heading slot="title" className="text-16 font-semibold">
              {title}
            </Heading>
            <IconButton label="Close" onPress={() => onOpenChange(false)}>
              <X aria-hidden className="size-4" />
            </IconButton>
          </div>
          <div className="p-4">{children}</div>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
