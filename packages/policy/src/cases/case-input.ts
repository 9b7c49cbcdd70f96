import { splitResource } from '@sallyport/contracts';

type Fields = Record<string, unknown>;

/** The members that only a request to a cluster has. */
const clusterMembers = [
  'cluster',
  'verb',
  'resource',
  'namespace',
  'name',
  'command',
  'container',
  'dryRun',
  'labelSelector',
  'fieldSelector',
  'namespaced',
  'aggregated',
  'upsert',
  'upgrade',
  'impersonate',
  'elevations',
] as const;

/** Those that have the same name in the long form, below `kubernetes`. */
const sameMembers = clusterMembers.filter((name) => !['resource', 'command', 'container', 'elevations'].includes(name));

/** The members of the short form of an input. Next to the name of a case, the name of the object is `resourceName`. */
export const shortMembers = [
  'user',
  'email',
  'groups',
  'claims',
  'route',
  ...clusterMembers,
  'path',
  'method',
  'ip',
  'onCall',
  'clientCertificate',
  'now',
] as const;
const wholeMembers = ['session', 'request', 'kubernetes', 'records'];

/** Reports whether an input is in short form: the user is a string, and no member of the long form is present. */
export function isShort(input: Fields): boolean {
  return (
    (input.user === undefined || typeof input.user === 'string') &&
    !wholeMembers.some((name) => Object.hasOwn(input, name))
  );
}

/** Returns the members that are there. */
const given = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

const part = (fields: Fields): Fields | undefined =>
  Object.keys(given(fields)).length === 0 ? undefined : given(fields);

function resourceFields(text: unknown): Fields {
  if (typeof text !== 'string') return { resource: text };
  const { name, group, subresource } = splitResource(text);
  return { resource: name, apiGroup: group, subresource, isResourceRequest: true };
}

/** Returns the members of a request to a web application that only one to a cluster can have. */
export function notOfRoute(short: Fields): string[] {
  return short['route'] === undefined ? [] : clusterMembers.filter((name) => short[name] !== undefined);
}

/** Returns the host name that a route is known by. It is given as that, or as the address of the route. */
const hostOf = (route: unknown) =>
  typeof route === 'string' && URL.canParse(route) && route.includes('://') ? new URL(route).hostname : route;

/** Returns who makes a request. With a user, there is a session. */
function callerOf({ user, email, groups, claims }: Fields): Fields {
  const address = email ?? (typeof user === 'string' && user.includes('@') ? user : undefined);
  return {
    user: part({ id: user, email: address, groups, claims }),
    session: user === undefined ? undefined : { id: 'test' },
  };
}

/** Returns the input for a request to a web application. Every such request has a method and a path. */
function routeInput(short: Fields): Fields {
  const { route, method = 'GET', path = '/', ip, clientCertificate, onCall, now } = short;
  const request = given({ method, path, host: hostOf(route), ip, clientCertificate });
  return given({ ...callerOf(short), request, onCall, now });
}

/** Converts the short form of an input to the long form. Absent members stay absent. */
export function caseInput(short: Fields): Fields {
  if (short['route'] !== undefined) return routeInput(short);
  const { resource, path, method, ip, command, container, elevations, onCall, clientCertificate, now } = short;
  const exec = command === undefined && container === undefined ? undefined : given({ command, container });
  const isPath = resource === undefined && path !== undefined;
  return given({
    ...callerOf(short),
    request: part({ method, path, ip, clientCertificate }),
    kubernetes: part({
      ...Object.fromEntries(sameMembers.map((name) => [name, short[name]])),
      ...(resource === undefined ? {} : resourceFields(resource)),
      ...(isPath ? { isResourceRequest: false } : {}),
      path,
      exec,
    }),
    elevations,
    onCall,
    now,
  });
}
