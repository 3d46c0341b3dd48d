import { problemReply } from '../../_server/reply.ts';
import { requestIdOf } from '../../_server/request-id.ts';

/** Paths of the API that do not exist say so as the API does. */
function answer(request: Request): Response {
  const requestId = requestIdOf(request.headers);
  const { pathname } = new URL(request.url);
  const response = problemReply({ requestId, instance: pathname }, 'not-found', {
    detail: 'There is no such path in this API.',
  });
  response.headers.set('X-Request-Id', requestId);
  return response;
}

export { answer as DELETE, answer as GET, answer as PATCH, answer as POST, answer as PUT };
