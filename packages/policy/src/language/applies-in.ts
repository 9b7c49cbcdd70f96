/** The scope of the policy about who may see the audit trail. */
export const auditScope = 'api/audit';
/** The scope of the policy about who may read recordings of which sessions. */
export const recordingsScope = 'api/recordings';
/** The scope of the policy about who may create service accounts of which names. */
export const namesScope = 'api/serviceAccountNames';

/**
 * Returns why a criterion does not apply in a scope, or undefined if it does. A call of the gateway's own API is no
 * request to a cluster, so a criterion about one would never hold.
 */
export function whyNotIn(scope: string, criterion: string): { message: string; hint: string } | undefined {
  if (criterion === 'service_account' && scope !== namesScope && (scope.includes('/') || scope === 'global'))
    return {
      message: 'the criterion service_account applies only in api.policy.serviceAccountNames',
      hint: 'to match a service account that makes a request, use user or groups',
    };
  if (scope.startsWith('route/') && criterion.startsWith('k8s/'))
    return {
      message: `the criterion ${criterion} does not apply to a route: it is about requests to a cluster`,
      hint: 'use http_path, http_method or a criterion about the user',
    };
  if (!scope.startsWith('api/') || !criterion.startsWith('k8s/')) return undefined;
  // Of a recorded session, all is known but the command, which events may not contain in clear.
  if (scope === recordingsScope && criterion !== 'k8s/exec_command') return undefined;
  const place = scope.replaceAll('/', '.').replace(/^api\./, 'api.policy.');
  if (criterion !== 'k8s/cluster')
    return {
      message:
        scope === recordingsScope
          ? `the criterion ${criterion} does not apply in ${place}: events may not contain the command`
          : `the criterion ${criterion} does not apply in ${place}: it is about requests to a cluster`,
      hint:
        scope === auditScope ? 'use k8s/cluster here, or a criterion about the user' : 'use a criterion about the user',
    };
  if (scope === auditScope) return undefined;
  return {
    message: `the criterion k8s/cluster does not apply in ${place}, which is about all clusters`,
    hint: 'of the policies under api.policy, only audit and recordings can differ between clusters',
  };
}
