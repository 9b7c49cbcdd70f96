import { splitResource } from './split-resource.ts';

type Fields = Record<string, unknown>;

/** The members of the short form of an input. Next to the name of a case, the name of the object is `resourceName`. */
export const shortMembers = [
  'user',
  'email',
  'groups',
  'claims',
  'cluster',
  'verb',
  'resource',
  'namespace',
  'name',
  'path',
  'method',
  'ip',
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

const given = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
const part = (fields: Fields): Fields | undefined =>
  Object.keys(given(fields)).length === 0 ? undefined : given(fields);

const resourceFields = (text: unknown): Fields =>
  typeof text === 'string' ? { ...splitResource(text), isResourceRequest: true } : { resource: text };

/**
 * Converts the short form of an input to the long form. With a user, there is a session. Absent members stay absent.
 */
export function caseInput(short: Fields): Fields {
  const {
    user,
    email,
    groups,
    claims,
    cluster,
    verb,
    resource,
    namespace,
    name,
    path,
    method,
    ip,
    command,
    container,
    dryRun,
    labelSelector,
    fieldSelector,
    namespaced,
    aggregated,
    upsert,
    upgrade,
    impersonate,
    elevations,
    onCall,
    clientCertificate,
    now,
  } = short;
  const address = email ?? (typeof user === 'string' && user.includes('@') ? user : undefined);
  const exec = command === undefined && container === undefined ? undefined : given({ command, container });
  const nonResource = resource === undefined && path !== undefined ? { isResourceRequest: false } : {};
  return given({
    user: part({ id: user, email: address, groups, claims }),
    session: user === undefined ? undefined : { id: 'test' },
    request: part({ method, path, ip, clientCertificate }),
    kubernetes: part({
      cluster,
      verb,
      ...(resource === undefined ? {} : resourceFields(resource)),
      ...nonResource,
      namespace,
      name,
      path,
      dryRun,
      labelSelector,
      fieldSelector,
      namespaced,
      aggregated,
      upsert,
      upgrade,
      impersonate,
      exec,
    }),
    elevations,
    onCall,
    now,
  });
}
