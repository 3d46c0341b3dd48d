import { headers } from 'next/headers';
import { MessagePage } from '../../components/frame/message-page.tsx';

export default async function ConsoleNotFound() {
  return (
    <MessagePage
      title="There is nothing here"
      text="The address is wrong, or what it named is gone or not in your sites."
      requestId={(await headers()).get('x-request-id')}
    />
  );
}
