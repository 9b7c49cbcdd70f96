import { isSecretRead, isShellRequest, isWrite } from '@sallyport/kubernetes';
import type { Allowed, ClusterExchange } from '../exchange/exchange.ts';

/**
 * Reports whether a request is a plain read, which leaves one event instead of two: a get or a list, by its verb and by
 * its method, without a body. It reads no Secrets, is not equivalent to a shell, and does not stay open. It also uses no
 * right that the user does not always have, by an elevation or as someone else: those are rare, and reviews ask for them.
 */
export function isPlainRead({ asked, answer, headers, upgrade }: Allowed<ClusterExchange>): boolean {
  return (
    (asked.verb === 'get' || asked.verb === 'list') &&
    (asked.method === 'GET' || asked.method === 'HEAD') &&
    !isWrite(asked) &&
    !isSecretRead(asked) &&
    !isShellRequest(asked) &&
    !asked.longRunning &&
    upgrade === undefined &&
    !headers.chunked &&
    (headers.contentLength ?? 0) === 0 &&
    answer.elevations === undefined &&
    answer.actsAs === undefined
  );
}
