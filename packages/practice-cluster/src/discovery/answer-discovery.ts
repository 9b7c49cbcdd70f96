import type { Call, Cluster } from '../access/call.ts';
import { sendJson, sendText } from '../http/reply.ts';
import { unknownResource } from '../objects/api-error.ts';
import { aggregatedDiscovery, apiGroup, apiResourceList, groups, resourcesOf } from './discovered.ts';
import { openApiV2, openApiV3, openApiV3Index } from './openapi.ts';

const aggregatedType = /application\/json;g=apidiscovery\.k8s\.io;v=v2;as=APIGroupDiscoveryList(?!;profile)/;

/** Answers the paths that are not resources: discovery, OpenAPI, version and health. */
export function answerDiscovery(cluster: Cluster, call: Call): void {
  const { response } = call;
  const { segments, path } = call.target;
  const [first, second, third, fourth] = segments;
  // As in the API server, discovery and the version may have a trailing slash. Health and OpenAPI may not.
  if (path.length > 1 && path.endsWith('/') && !['api', 'apis', 'version'].includes(first ?? ''))
    throw unknownResource();
  if (second === undefined && ['healthz', 'livez', 'readyz'].includes(first ?? ''))
    return sendText(response, 200, 'ok');
  switch (`/${segments.join('/')}`) {
    case '/':
      return sendJson(response, 200, {
        paths: ['/api', '/api/v1', '/apis', '/healthz', '/livez', '/openapi/v2', '/openapi/v3', '/readyz', '/version'],
      });
    case '/version':
      return sendJson(response, 200, versionInfo(cluster));
    case '/api':
      return root(call, 'api', { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] });
    case '/apis':
      return root(call, 'apis', { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(apiGroup) });
    case '/openapi/v2':
      return openApi2(call);
    case '/openapi/v3':
      return sendJson(response, 200, openApiV3Index());
  }
  if (first === 'openapi' && second === 'v3') return openApi3(call);
  const [group, version] = first === 'api' ? ['', second] : [second, third];
  if ((first !== 'api' && first !== 'apis') || fourth !== undefined || (first === 'api' && third !== undefined))
    throw unknownResource();
  if (version === undefined) return oneGroup(call, group ?? '');
  if (resourcesOf(group ?? '', version).length === 0) throw unknownResource();
  sendJson(response, 200, apiResourceList(group ?? '', version));
}

function root(call: Call, prefix: 'api' | 'apis', plain: Record<string, unknown>): void {
  if (!aggregatedType.test(call.request.headers.accept ?? '')) return sendJson(call.response, 200, plain);
  sendJson(
    call.response,
    200,
    aggregatedDiscovery(prefix),
    'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  );
}

function oneGroup(call: Call, name: string): void {
  const found = groups.find(({ group }) => group === name);
  if (found === undefined) throw unknownResource();
  sendJson(call.response, 200, { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(found) });
}

// kubectl requests v2 only as protobuf. Without it, it uses its built-in knowledge.
function openApi2(call: Call): void {
  const accept = call.request.headers.accept ?? '*/*';
  if (!/application\/json|\*\/\*/.test(accept))
    return sendText(call.response, 406, 'the practice cluster serves OpenAPI only as JSON\n');
  sendJson(call.response, 200, openApiV2);
}

function openApi3(call: Call): void {
  const [, , prefix, ...names] = call.target.segments;
  const [group, version, more] = prefix === 'api' ? ['', ...names] : prefix === 'apis' ? names : [];
  if (version === undefined || more !== undefined || resourcesOf(group ?? '', version).length === 0)
    throw unknownResource();
  sendJson(call.response, 200, openApiV3(group ?? '', version));
}

function versionInfo(cluster: Cluster): Record<string, string> {
  return {
    major: '1',
    minor: '36',
    gitVersion: cluster.version,
    gitCommit: '',
    gitTreeState: 'practice',
    buildDate: new Date(0).toISOString(),
    goVersion: 'none',
    compiler: `node ${process.version}`,
    platform: 'a practice cluster in one process: nothing really runs',
  };
}
