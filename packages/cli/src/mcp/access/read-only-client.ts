import { callsOf } from '@sallyport/contracts/api';
import type { GatewayCall, GatewayClient } from '../../gateway/gateway-client.ts';

const cluster = String.raw`^/clusters/[a-z0-9-]+`;
const name = '[^/]+';

const ofGateway = callsOf(({ readOnly }) => readOnly === true);
const paths = (method: string) => ofGateway.filter((call) => call.method === method).map(({ path }) => path);

// What the tools ask for, and nothing else: no watch, and no subresource but the log of a pod.
const reads = [
  `${cluster}/apis?$`,
  `${cluster}/openapi/v3/(?:api/${name}|apis/${name}/${name})$`,
  `${cluster}/(?:api/${name}|apis/${name}/${name})/(?:namespaces/${name}/)?(?!watch/|proxy/)${name}(?:/${name})?$`,
  `${cluster}/api/v1/namespaces/${name}/pods/${name}/log$`,
].map((pattern) => new RegExp(pattern));
const allReads = [...paths('GET'), ...reads];

// Questions that are asked by POST, and change nothing: of the gateway's policy, and of the cluster's own rules.
const questions = [
  ...paths('POST'),
  new RegExp(`${cluster}/apis/authorization\\.k8s\\.io/v1/selfsubjectaccessreviews$`),
];

function refuseWrites({ method, path }: GatewayCall): void {
  // As the URL parser reads it, so that nothing else is sent than what is looked at.
  const { pathname, search } = new URL(path, 'http://gateway');
  const allowed = method === 'GET' ? allReads : method === 'POST' && search === '' ? questions : [];
  if (path !== `${pathname}${search}` || !allowed.some((one) => one.test(pathname)))
    throw new Error(`${method} ${pathname} is not among the requests of this server`);
}

/**
 * Returns a client that sends only the requests on its list, which change nothing, whatever the tools do. The signal ends
 * them.
 */
export function readOnlyClient(client: GatewayClient, signal: AbortSignal): GatewayClient {
  return {
    address: client.address,
    async call(call) {
      refuseWrites(call);
      return client.call({ ...call, signal });
    },
    async stream(call, silenceMs) {
      refuseWrites(call);
      return client.stream({ ...call, signal }, silenceMs);
    },
  };
}
