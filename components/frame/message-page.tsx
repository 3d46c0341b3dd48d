import { ButtonLink } from '../ui/button.tsx';

interface MessagePageProps {
  readonly title: string;
  readonly text: string;
  readonly requestId: string | null;
}

/** Not there, or not for you: the request id, and the way back. */
export function MessagePage({ title, text, requestId }: MessagePageProps) {
  return (
    <div className="grid place-items-center py-16">
      <section className="w-full max-w-lg rounded border border-line bg-surface p-6">
        <h1 className="text-20 font-semibold tracking-[-0.01em]">{title}</h1>
        <p className="mt-1 text-14 text-muted">{text}</p>
        {requestId ? (
          <p className="mt-4 text-13 break-all text-muted">
            Request id <code className="text-ink">{requestId}</code>
          </p>
        ) : null}
        <ButtonLink href="/phones" className="mt-4">
          Go to the phones
        </ButtonLink>
      </section>
    </div>
  );
}
