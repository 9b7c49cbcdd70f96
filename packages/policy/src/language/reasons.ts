/** The criteria that hold or do not, with a reason for each: for `k8s/verb`, `k8s-verb-ok` and `k8s-verb-unauthorized`. */
const plainCriteria = [
  'user',
  'email',
  'domain',
  'groups',
  'claim',
  'source_ip',
  'http_method',
  'http_path',
  'client_certificate',
  'date',
  'day_of_week',
  'time_of_day',
  'record',
  'k8s/cluster',
  'k8s/verb',
  'k8s/resource',
  'k8s/namespace',
  'k8s/name',
  'k8s/non_resource_path',
  'k8s/shell_equivalent',
  'k8s/exec_command',
  'k8s/dry_run',
  'k8s/label_selector',
  'k8s/field_selector',
  'k8s/impersonate',
  'acr',
  'amr',
  'auth_time',
  'max_age',
  'elevation',
  'expression',
  'on_call',
  'service_account',
] as const;

export type PlainCriterionName = (typeof plainCriteria)[number];
type Dashed<Text extends string> = Text extends `${infer Head}${'_' | '/'}${infer Tail}`
  ? `${Head}-${Dashed<Tail>}`
  : Text;

/** The other reasons, each with its criterion. */
const others = {
  accept: 'accept',
  reject: 'reject',
  'user-unauthenticated': 'authenticated_user',
  'cors-request': 'cors_preflight',
  'non-cors-request': 'cors_preflight',
  'client-certificate-required': 'invalid_client_certificate',
  'invalid-client-certificate': 'invalid_client_certificate',
  'valid-client-certificate': 'invalid_client_certificate',
  'device-unauthenticated': 'device',
  'mcp-tool-unauthorized': 'mcp_tool',
  'ssh-publickey-unauthorized': 'ssh_publickey',
  'ssh-username-unauthorized': 'ssh_username',
  'non-pomerium-route': 'pomerium_routes',
  'expression-error': 'expression',
  'expression-open': 'expression',
  'k8s-namespace-open': 'k8s/namespace',
  'k8s-name-open': 'k8s/name',
  'k8s-impersonate-open': 'k8s/impersonate',
  'on-call-open': 'on_call',
} as const;

/** The closed set of reasons. Those of Pomerium's language keep its spelling. */
export type Reason = `${Dashed<PlainCriterionName>}-${'ok' | 'unauthorized'}` | keyof typeof others;

/** Returns the two reasons of a criterion: that it holds, and that it does not. */
export function plainReasons(criterion: PlainCriterionName): readonly [ok: Reason, unauthorized: Reason] {
  const stem = criterion.replaceAll(/[_/]/g, '-') as Dashed<PlainCriterionName>;
  return [`${stem}-ok`, `${stem}-unauthorized`];
}

const criterionOf: ReadonlyMap<string, string> = new Map([
  ...Object.entries(others),
  ...plainCriteria.flatMap((name) => plainReasons(name).map((reason): [string, string] => [reason, name])),
]);

/** Every reason, in the order of the IDs. */
export const reasons = [...criterionOf.keys()] as Reason[];

/** Returns the criterion of a reason; if there are several, the one that it is named after. */
export function criterionOfReason(reason: Reason): string {
  return criterionOf.get(reason)!;
}

/** Returns the ID of a reason: 1 to 93, for the bits of a reason set. */
export function reasonId(reason: Reason): number {
  const id = reasons.indexOf(reason) + 1;
  if (id === 0 || id > 93) throw new RangeError(`no such reason: ${reason}`);
  return id;
}
