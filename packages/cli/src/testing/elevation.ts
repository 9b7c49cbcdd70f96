export const elevationId = '5f0c6a1e-0000-4000-8000-000000000001';

/** A request that waits, as the gateway answers it. */
export const elevation = (more: object = {}) => ({
  id: elevationId,
  name: 'prod-admin',
  cluster: 'prod',
  groups: ['prod-admins'],
  state: 'pending',
  user: 'alice@example.com',
  mine: true,
  reason: 'the shop is down\u001b[2J',
  durationMs: 1_800_000,
  createdAt: 0,
  pendingUntil: 3_600_000,
  approvalsNeeded: 1,
  approvals: [],
  unrecorded: false,
  may: ['withdraw'],
  ...more,
});
