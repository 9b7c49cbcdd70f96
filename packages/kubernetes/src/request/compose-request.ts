/** A request by what it asks, as people and RBAC name it; what is missing or empty is none. */
export type AskedOfApi = {
  verb: string;
  resource: string;
  apiGroup?: string | undefined;
  /** `v1` unless said otherwise. */
  apiVersion?: string | undefined;
  subresource?: string | undefined;
  namespace?: string | undefined;
  name?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  dryRun?: boolean | undefined;
  /** What exec or attach would run, and where. */
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

/** Verbs that are about one object; asked without a name they are about any one. */
const ofOneObject: ReadonlySet<string> = new Set(['get', 'update', 'patch', 'delete']);

/** Stands in a path for the name of any one object. */
export const anyName = 'any-name';

/** The verbs for which there are requests; RBAC knows others (`bind`, `use`), which no client sends. */
export const requestVerbs: readonly string[] = [...methods.keys()];

function queryOf(asked: AskedOfApi): string {
  const { verb, labelSelector, fieldSelector, dryRun, command, container } = asked;
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
 * The method and target that a client would send for what is asked, so that it can be read by whatever reads real
 * requests. Undefined for a verb that no request has. `anyOne`: the name in it is `anyName`, for none was given where
 * the path needs one.
 */
export function composeRequest(asked: AskedOfApi): { method: string; target: string; anyOne: boolean } | undefined {
  const method = methods.get(asked.verb);
  if (method === undefined) return undefined;
  const { verb, resource, apiGroup = '', apiVersion = '', subresource = '', namespace = '', name = '' } = asked;
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
  return { method, target: `/${segments.map(encodeURIComponent).join('/')}${queryOf(asked)}`, anyOne };
}
