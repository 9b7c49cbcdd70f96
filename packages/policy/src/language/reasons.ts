/** The closed set of reasons, each with its criterion. Those of Pomerium's language keep its spelling. */
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
  'claim-ok': 'claim',
  'claim-unauthorized': 'claim',
  'source-ip-ok': 'source_ip',
  'source-ip-unauthorized': 'source_ip',
  'http-method-ok': 'http_method',
  'http-method-unauthorized': 'http_method',
  'http-path-ok': 'http_path',
  'http-path-unauthorized': 'http_path',
  'cors-request': 'cors_preflight',
  'non-cors-request': 'cors_preflight',
  'client-certificate-ok': 'client_certificate',
  'client-certificate-unauthorized': 'client_certificate',
  'client-certificate-required': 'invalid_client_certificate',
  'invalid-client-certificate': 'invalid_client_certificate',
  'valid-client-certificate': 'invalid_client_certificate',
  'date-ok': 'date',
  'date-unauthorized': 'date',
  'day-of-week-ok': 'day_of_week',
  'day-of-week-unauthorized': 'day_of_week',
  'time-of-day-ok': 'time_of_day',
  'time-of-day-unauthorized': 'time_of_day',
  'record-ok': 'record',
  'record-unauthorized': 'record',
  'device-unauthenticated': 'device',
  'mcp-tool-unauthorized': 'mcp_tool',
  'ssh-publickey-unauthorized': 'ssh_publickey',
  'ssh-username-unauthorized': 'ssh_username',
  'non-pomerium-route': 'pomerium_routes',
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
  'k8s-non-resource-path-ok': 'k8s/non_resource_path',
  'k8s-non-resource-path-unauthorized': 'k8s/non_resource_path',
  'k8s-shell-equivalent-ok': 'k8s/shell_equivalent',
  'k8s-shell-equivalent-unauthorized': 'k8s/shell_equivalent',
  'k8s-exec-command-ok': 'k8s/exec_command',
  'k8s-exec-command-unauthorized': 'k8s/exec_command',
  'k8s-dry-run-ok': 'k8s/dry_run',
  'k8s-dry-run-unauthorized': 'k8s/dry_run',
  'k8s-label-selector-ok': 'k8s/label_selector',
  'k8s-label-selector-unauthorized': 'k8s/label_selector',
  'k8s-field-selector-ok': 'k8s/field_selector',
  'k8s-field-selector-unauthorized': 'k8s/field_selector',
  'acr-ok': 'acr',
  'acr-unauthorized': 'acr',
  'amr-ok': 'amr',
  'amr-unauthorized': 'amr',
  'auth-time-ok': 'auth_time',
  'auth-time-unauthorized': 'auth_time',
  'max-age-ok': 'max_age',
  'max-age-unauthorized': 'max_age',
  'elevation-ok': 'elevation',
  'elevation-unauthorized': 'elevation',
  'expression-ok': 'expression',
  'expression-unauthorized': 'expression',
  'expression-error': 'expression',
  'expression-open': 'expression',
  'k8s-namespace-open': 'k8s/namespace',
  'k8s-name-open': 'k8s/name',
  'k8s-impersonate-ok': 'k8s/impersonate',
  'k8s-impersonate-unauthorized': 'k8s/impersonate',
  'k8s-impersonate-open': 'k8s/impersonate',
  'on-call-ok': 'on_call',
  'on-call-unauthorized': 'on_call',
  'on-call-open': 'on_call',
} as const;

export type Reason = keyof typeof reasonTable;

/** Every reason, in the order of the IDs. */
export const reasons = Object.keys(reasonTable) as Reason[];

/** Returns the criterion of a reason; if there are several, the one that it is named after. */
export function criterionOfReason(reason: Reason): string {
  return reasonTable[reason];
}

/** Returns the ID of a reason: 1 to 93, for the bits of a reason set. */
export function reasonId(reason: Reason): number {
  const id = reasons.indexOf(reason) + 1;
  if (id === 0 || id > 93) throw new RangeError(`no such reason: ${reason}`);
  return id;
}
