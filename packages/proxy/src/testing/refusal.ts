/** The Status with which a cluster's RBAC refuses. */
export const refusal = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: 'pods "web" is forbidden',
  reason: 'Forbidden',
  details: { name: 'web', kind: 'pods' },
  code: 403,
};
