'use client';

import { Menu as MenuIcon, X } from 'lucide-react';
import { useState } from 'react';
import { Dialog, Modal, ModalOverlay } from 'react-aria-components';
import { IconButton } from '../ui/button.tsx';
import { Brand } from './brand.tsx';
import { type Counts, Navigation } from './navigation.tsx';

/** The rail on a narrow screen. */
export function NavigationMenu({ counts }: { readonly counts: Counts }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <IconButton label="Menu" className="lg:hidden" onPress={() => setOpen(true)}>
        <MenuIcon aria-hidden className="size-5" />
      </IconButton>
      <ModalOverlay
        isOpen={isOpen}
        onOpenChange={setOpen}
        isDismissable
        className="fixed inset-0 z-30 bg-[#0008]"
      >
        <Modal className="h-full w-64 bg-rail">
          <Dialog aria-label="Menu" className="flex h-full flex-col gap-4 p-3 outline-none">
            <div className="flex items-center justify-between pl-2">
              <Brand />
              <IconButton label="Close" onPress={() => setOpen(false)}>
                <X aria-hidden className="size-4" />
              </IconButton>
            </div>
            <Navigation counts={counts} onNavigate={() => setOpen(false)} />
          </Dialog>
        </Modal>
      </ModalOverlay>
    </>
  );
}
