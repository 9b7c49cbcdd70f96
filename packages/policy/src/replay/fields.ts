/** The fields that a policy can see of a request, one bit each. `claims` are those of the user and of the session. */
export const fields = [
  'user.id',
  'user.email',
  'user.groups',
  'claims',
  'session.id',
  'request.method',
  'path',
  'request.host',
  'request.ip',
  'request.headers',
  'request.clientCertificate',
  'kubernetes.cluster',
  'kubernetes.verb',
  'kubernetes.requestVerb',
  'kubernetes.isResourceRequest',
  'kubernetes.apiGroup',
  'kubernetes.apiVersion',
  'kubernetes.resource',
  'kubernetes.subresource',
  'kubernetes.namespace',
  'kubernetes.name',
  'kubernetes.labelSelector',
  'kubernetes.fieldSelector',
  'kubernetes.dryRun',
  'kubernetes.exec',
  'elevations',
  'now',
  'kubernetes.namespaced',
  'kubernetes.aggregated',
  'kubernetes.upsert',
  'kubernetes.upgrade',
  'kubernetes.impersonate',
] as const;
export type Field = (typeof fields)[number];

const bits = new Map<string, number>(fields.map((name, index) => [name, 1 << index]));

export function bitOf(field: Field): number {
  return bits.get(field)!;
}

export function maskOf(...some: readonly Field[]): number {
  return some.reduce((mask, field) => mask | bitOf(field), 0);
}

/** Returns the fields whose bits are set. */
export function fieldsIn(mask: number): Field[] {
  return fields.filter((_name, index) => (mask & (1 << index)) !== 0);
}

/** The fields that no event records: an event records the decision, but not everything that it was based on. */
export const neverRecorded = maskOf('claims', 'request.host', 'request.clientCertificate', 'elevations');
