import type { GatewayCall, GatewayClient } from '../../gateway/gateway-client.ts';

const cluster = String.raw`^/clusters/[a-z0-9-]+`;
const name = '[^/]+';

// What the tools ask for, and nothing else: no watch, and no subresource but the log of a pod.
const reads = [
  String.raw`^/\.sallyport/api/v1/clusters$`,
  `${cluster}/apis?$`,
  `${cluster}/openapi/v3/(?:api/${name}|apis/${name}/${name})$`,
  `${cluster}/(?:api/${name}|apis/${name}/${name})/(?:namespaces/${name}/)?(?!watch/|proxy/)${name}(?:/${name})?$`,
  `${cluster}/api/v1/namespaces/${name}/pods/${name}/log$`,
].map((pattern) => new RegExp(pattern));

// Questions that are asked by POST, and change nothing: of the gateway's policy, and of the cluster's own rules.
const questions = [
  String.raw`^/\.sallyport/api/v1/policy/can-i$`,
  `${cluster}/apis/authorization\\.k8s\\.io/v1/selfsubjectaccessreviews$`,
].map((pattern) => new RegExp(pattern));

function refuseWrites({ method, path }: GatewayCall): void {
  // As the URL parser reads it, so that nothing else is sent than what is looked at.
  const { pathname, search } = new URL(path, 'http://gateway');
  const allowed = method === 'GET' ? reads : method === 'POST' && search === '' ? questions : [];
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
