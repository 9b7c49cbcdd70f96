/** The closed set of reasons, each with the criterion that gives it. Those of Pomerium's language keep its spelling. */
const reasonTable = {
  accept: 'accept',
  reject: 'reject',
  'user-ok': 'user',
  'user-unauthenticated': 'authenticated_user',
  'user-unauthorized': 'user',
  'email-ok': 'email',
  'email-unauthorized': 'email',
  'domain-ok': 'domain',
  'domain-unauthorized': 'domain',
  'groups-ok': 'groups',
  'groups-unauthorized': 'groups',
  'k8s-cluster-ok': 'k8s/cluster',
  'k8s-cluster-unauthorized': 'k8s/cluster',
  'k8s-verb-ok': 'k8s/verb',
  'k8s-verb-unauthorized': 'k8s/verb',
  'k8s-resource-ok': 'k8s/resource',
  'k8s-resource-unauthorized': 'k8s/resource',
  'k8s-namespace-ok': 'k8s/namespace',
  'k8s-namespace-unauthorized': 'k8s/namespace',
  'k8s-name-ok': 'k8s/name',
  'k8s-name-unauthorized': 'k8s/name',
  'http-method-ok': 'http_method',
  'http-method-unauthorized': 'http_method',
  'http-path-ok': 'http_path',
  'http-path-unauthorized': 'http_path',
  'client-certificate-required': 'client_certificate',
  'invalid-client-certificate': 'invalid_client_certificate',
  'device-unauthenticated': 'device',
} as const;

export type Reason = keyof typeof reasonTable;

/** Every reason, in the order of their ids. */
export const reasons = Object.keys(reasonTable) as Reason[];

/** The name of the criterion that gives this reason. */
export function criterionOfReason(reason: Reason): string {
  return reasonTable[reason];
}

/** A reason's id: 1 to 93, for the bits of a reason set. */
export function reasonId(reason: Reason): number {
  const id = reasons.indexOf(reason) + 1;
  if (id === 0 || id > 93) throw new RangeError(`no such reason: ${reason}`);
  return id;
}
