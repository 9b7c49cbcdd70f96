import { isSecretRead } from './classify-request.ts';
import { mayUpsert } from './may-upsert.ts';
import type { QueryParameters } from './parse-query.ts';
import { specialVerbs, startsNamespacedResource } from './path-words.ts';
import { readExec, readPorts } from './read-exec.ts';
import { readKubelet } from './read-kubelet.ts';
import { isApiTrue, readListOptions } from './read-list-options.ts';
import type { RequestInfo } from './request-info.ts';
import { streamKind } from './stream-kind.ts';

/** The parts of a request that determine what it asks. */
type RequestParts = {
  method: string;
  path: string;
  segments: readonly string[];
  query: QueryParameters;
  /**
   * False only if the request certainly has no body (no Content-Length above 0, no Transfer-Encoding). Unknown counts as
   * a body.
   */
  hasBody?: boolean;
  /** The values of all Content-Type lines; absent if unknown, which counts as no apply patch. */
  contentTypes?: readonly string[];
};

const verbOfMethod: ReadonlyMap<string, string> = new Map([
  ['POST', 'create'],
  ['GET', 'get'],
  ['HEAD', 'get'],
  ['PUT', 'update'],
  ['PATCH', 'patch'],
  ['DELETE', 'delete'],
]);
const verbsWithSelectors: ReadonlySet<string> = new Set(['list', 'watch', 'deletecollection']);

/**
 * Reads a request like kube-apiserver 1.36 (RequestInfoFactory with the prefixes `api` and `apis`), so that both decide
 * on the same request. `testdata/request-info.json` contains requests with the results of the original.
 */
export function readRequestInfo(request: RequestParts): RequestInfo {
  const info = nonResource(request);
  const { segments } = request;
  const prefix = segments[0];
  const version = prefix === 'api' ? 1 : prefix === 'apis' ? 2 : -1;
  if (segments.length < 3 || version === -1) return info;
  info.apiPrefix = prefix!;
  if (segments.length < version + 2) return info;
  if (version === 2) info.apiGroup = segments[1]!;
  info.isResourceRequest = true;
  info.apiVersion = segments[version]!;
  let start = version + 1;
  const special = specialVerbs.has(segments[start]!);
  if (special && segments.length < start + 2) {
    // The API server answers 500, because it cannot tell what is asked. An empty verb matches no rule.
    info.verb = '';
    return info;
  }
  info.requestVerb = special ? segments[start]! : (verbOfMethod.get(request.method) ?? '');
  if (special) start += 1;
  readParts(info, segments, start);
  finishVerb(info, request.query, special);
  return finishInfo(info, request);
}

function nonResource({ method, path }: RequestParts): RequestInfo {
  const verb = method.toLowerCase();
  return {
    method,
    isResourceRequest: false,
    verb,
    requestVerb: verb,
    path,
    apiPrefix: '',
    apiGroup: '',
    apiVersion: '',
    namespace: '',
    resource: '',
    subresource: '',
    name: '',
    parts: [],
    fieldSelector: '',
    labelSelector: '',
    proxyPath: undefined,
    dryRun: false,
    upsert: false,
    stream: undefined,
    longRunning: false,
  };
}

function readParts(info: RequestInfo, segments: readonly string[], start: number): void {
  if (segments[start] === 'namespaces') {
    info.namespace = segments[start + 1] ?? '';
    if (startsNamespacedResource(segments, start)) start += 2;
  }
  info.parts = segments.slice(start);
  info.resource = info.parts[0] ?? '';
  info.name = info.parts[1] ?? '';
  if (info.requestVerb !== 'proxy') info.subresource = info.parts[2] ?? '';
}

// Without a name, a get is a list or a watch, and a delete is a deletecollection.
function finishVerb(info: RequestInfo, query: QueryParameters, special: boolean): void {
  if (info.name === '' && info.requestVerb === 'get') {
    const options = readListOptions(query);
    info.requestVerb = options.watch ? 'watch' : 'list';
    info.name = options.name;
  }
  if (info.name === '' && info.requestVerb === 'delete') info.requestVerb = 'deletecollection';
  if (!special && verbsWithSelectors.has(info.requestVerb)) {
    info.fieldSelector = query.get('fieldSelector')?.[0] ?? '';
    info.labelSelector = query.get('labelSelector')?.[0] ?? '';
  }
}

function finishInfo(info: RequestInfo, request: RequestParts): RequestInfo {
  const { method, query, hasBody } = request;
  info.stream = streamKind(info, isApiTrue(query.get('follow')));
  info.longRunning = info.stream !== undefined;
  const runs = info.stream === 'exec' || info.stream === 'attach' || info.stream === 'portforward';
  info.verb = runs ? 'create' : info.requestVerb;
  info.dryRun = isDryRun(info, method, query, hasBody ?? true);
  info.upsert = mayUpsert(info, request.contentTypes);
  if (info.stream === 'proxy') readProxied(info, request);
  if (info.stream === 'portforward') notePorts(info, readPorts(query, 'ports'));
  if (info.stream === 'exec' || info.stream === 'attach') info.exec = readExec(query);
  return info;
}

function readProxied(info: RequestInfo, { segments, query }: RequestParts): void {
  const old = info.requestVerb === 'proxy';
  info.proxyPath = pathAfter(info.path, segments.length - info.parts.length + (old ? 2 : 3));
  if (info.apiGroup !== '' || info.resource !== 'nodes') return;
  const kubelet = readKubelet(info.proxyPath, query);
  if (kubelet === undefined) return;
  info.kubelet = kubelet;
  if (kubelet.action === 'portforward') notePorts(info, readPorts(query, 'port'));
}

function notePorts(info: RequestInfo, ports: readonly number[]): void {
  if (ports.length > 0) info.ports = ports;
}

/** Returns the path from its slash number `count` (the first is 0). Segments contain no slashes. */
function pathAfter(path: string, count: number): string {
  let at = 0;
  for (let left = count; left > 0 && at !== -1; left -= 1) at = path.indexOf('/', at + 1);
  return at === -1 ? '' : path.slice(at);
}

// A DELETE with a body takes its options only from the body. Connecting to a pod and issuing a token have no dry run. The
// dry run of a Secret returns the Secret.
function isDryRun(info: RequestInfo, method: string, query: QueryParameters, hasBody: boolean): boolean {
  const values = query.get('dryRun');
  if (values?.length !== 1 || values[0] !== 'All') return false;
  if (
    info.stream !== undefined ||
    isSecretRead(info) ||
    (info.resource === 'serviceaccounts' && info.subresource === 'token')
  )
    return false;
  return method === 'POST' || method === 'PUT' || method === 'PATCH' || (method === 'DELETE' && !hasBody);
}
