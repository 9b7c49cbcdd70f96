import { ProblemError } from '@sallyport/kit';
import type { RequestInfo } from '@sallyport/kubernetes';

/**
 * What the API server's reader of logs knows (k8s.io/apimachinery, pkg/util/httpstream/wsstream). It refuses anything
 * else, but its request then never ends.
 */
const ofLogs: ReadonlySet<string> = new Set(['binary.k8s.io', 'base64.binary.k8s.io']);

/**
 * Refuses a WebSocket of a log that offers what logs are not sent in, beside something that they are, too: which one is
 * taken is not ours to choose.
 */
export function refuseForeignSubprotocol(kube: RequestInfo | undefined, offered: readonly string[] | undefined): void {
  if (kube?.stream !== 'log' || !offered) return;
  const foreign = offered.find((protocol) => !ofLogs.has(protocol));
  if (foreign !== undefined)
    throw new ProblemError(
      'bad-request',
      `A log is not sent in the WebSocket subprotocol ${JSON.stringify(foreign)}; offer binary.k8s.io, base64.binary.k8s.io or none.`,
    );
}
