/** A request in the terms of RBAC. A missing field and an empty one are the same. */
export type ApiRequest = {
  verb: string;
  resource: string;
  apiGroup?: string | undefined;
  /** `v1` by default. */
  apiVersion?: string | undefined;
  subresource?: string | undefined;
  namespace?: string | undefined;
  name?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  dryRun?: boolean | undefined;
  /** For exec and attach: what to run, and where. */
  command?: readonly string[] | undefined;
  container?: string | undefined;
};

const methods: ReadonlyMap<string, string> = new Map([
  ['get', 'GET'],
  ['list', 'GET'],
  ['watch', 'GET'],
  ['create', 'POST'],
  ['update', 'PUT'],
  ['patch', 'PATCH'],
  ['delete', 'DELETE'],
  ['deletecollection', 'DELETE'],
]);

/** Verbs that apply to one object. Without a name they mean any object. */
const ofOneObject: ReadonlySet<string> = new Set(['get', 'update', 'patch', 'delete']);

/** A placeholder in a path for the name of any object. */
export const anyName = 'any-name';

/** The verbs that requests have. RBAC has others (`bind`, `use`), which no client sends. */
export const requestVerbs: readonly string[] = [...methods.keys()];

function queryOf(request: ApiRequest): string {
  const { verb, labelSelector, fieldSelector, dryRun, command, container } = request;
  const pairs = [
    ...(verb === 'watch' ? [['watch', 'true']] : []),
    ...(labelSelector ? [['labelSelector', labelSelector]] : []),
    ...(fieldSelector ? [['fieldSelector', fieldSelector]] : []),
    ...(dryRun === true ? [['dryRun', 'All']] : []),
    ...(container ? [['container', container]] : []),
    ...(command ?? []).map((word) => ['command', word]),
  ];
  return pairs.length === 0
    ? ''
    : `?${pairs.map(([name, value]) => `${name}=${encodeURIComponent(value!)}`).join('&')}`;
}

/**
 * Returns the method and target that a client would send, so that the code for real requests can read them; undefined for
 * a verb that no request has. `anyOne` is true if the path needed a name and got `anyName`.
 */
export function composeRequest(request: ApiRequest): { method: string; target: string; anyOne: boolean } | undefined {
  const method = methods.get(request.verb);
  if (method === undefined) return undefined;
  const { verb, resource, apiGroup = '', apiVersion = '', subresource = '', namespace = '', name = '' } = request;
  const version = apiVersion === '' ? 'v1' : apiVersion;
  const anyOne = name === '' && (subresource !== '' || ofOneObject.has(verb));
  const named = anyOne ? anyName : name;
  const place = namespace === '' || resource === 'namespaces' ? [] : ['namespaces', namespace];
  const segments = [
    ...(apiGroup === '' ? ['api', version] : ['apis', apiGroup, version]),
    ...place,
    resource,
    ...(named === '' ? [] : [named]),
    ...(subresource === '' ? [] : [subresource]),
  ];
  return { method, target: `/${segments.map(encodeURIComponent).join('/')}${queryOf(request)}`, anyOne };
}
