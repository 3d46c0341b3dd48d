import { CopyButton } from './copy-button.tsx';

/** Something to paste into a terminal. Long lines wrap, so that nothing hides behind a scroll bar. */
export function CommandBlock({ text, what }: { readonly text: string; readonly what: string }) {
  return (
    <div className="relative mt-3 mb-1 rounded border border-line bg-sunken text-left">
      <pre className="p-3 pr-10 text-12 leading-5 break-words whitespace-pre-wrap text-ink">{text}</pre>
      <CopyButton text={text} what={what} className="absolute top-1.5 right-1.5 bg-surface" />
    </div>
  );
}
