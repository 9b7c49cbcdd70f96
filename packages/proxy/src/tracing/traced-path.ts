import { builtInKind, withoutCommand } from '@sallyport/contracts';
import type { RequestInfo } from '@sallyport/kubernetes';
import { clientText } from '../credential/client-text.ts';

/** The first segments of paths that the API server has besides objects. */
const ownPaths: ReadonlySet<string> = new Set([
  '',
  '.well-known',
  'api',
  'apis',
  'healthz',
  'livez',
  'metrics',
  'openapi',
  'readyz',
  'version',
]);

/** Whether names of objects of a kind are only names. Other kinds can have a person or a token as the name. */
const hasPlainNames = ({ apiGroup, apiVersion, resource }: RequestInfo) =>
  builtInKind(apiGroup, apiVersion, resource) !== undefined;

/**
 * Returns the path of a request to a cluster as a span may have it, which leaves the gateway for other systems. It ends
 * before what can hold a secret: the path at a proxied service, and names of objects of kinds that are not built in.
 * Undefined for a path that the API server does not have.
 */
export function tracedPath(kube: RequestInfo): string | undefined {
  const { isResourceRequest, apiPrefix, apiGroup, apiVersion, namespace, resource, proxyPath } = kube;
  const path = withoutCommand(kube.path);
  if (!isResourceRequest) return ownPaths.has(path.split('/')[1] ?? '') ? clientText(path) : undefined;
  if (!hasPlainNames(kube)) {
    const scope = namespace === '' ? [] : ['namespaces', namespace];
    return clientText(`/${[apiPrefix, apiGroup, apiVersion, ...scope, resource].join('/')}`);
  }
  const shown = proxyPath === undefined ? path : path.slice(0, path.indexOf('/proxy') + '/proxy'.length);
  return clientText(shown);
}
