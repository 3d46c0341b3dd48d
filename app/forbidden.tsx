import { headers } from 'next/headers';
import { MessagePage } from '../components/frame/message-page.tsx';

export default async function Forbidden() {
  return (
    <main className="px-4">
      <MessagePage
        title="You may not see this"
        text="Your role does not include it. An administrator can give you one that does."
        requestId={(await headers()).get('x-request-id')}
      />
    </main>
  );
}
