import { ProblemError } from '@sallyport/kit';
import type { RequestInfo } from '@sallyport/kubernetes';

/**
 * What the API server supports for logs (k8s.io/apimachinery, pkg/util/httpstream/wsstream). It refuses anything else,
 * but the request then never ends.
 */
const ofLogs: ReadonlySet<string> = new Set(['binary.k8s.io', 'base64.binary.k8s.io']);

/**
 * Refuses a WebSocket of a log that offers a subprotocol that logs do not support, even next to one that they do,
 * because the API server chooses which one is used.
 */
export function refuseForeignSubprotocol(kube: RequestInfo | undefined, offered: readonly string[] | undefined): void {
  if (kube?.stream !== 'log' || !offered) return;
  const foreign = offered.find((protocol) => !ofLogs.has(protocol));
  if (foreign !== undefined)
    throw new ProblemError(
      'bad-request',
      `Logs do not support the WebSocket subprotocol ${JSON.stringify(foreign)}. Offer binary.k8s.io, base64.binary.k8s.io or none.`,
    );
}
