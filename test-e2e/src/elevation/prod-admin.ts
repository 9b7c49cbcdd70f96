/** An elevation that one SRE approves. The practice cluster lets its group edit in the namespace `prod`. */
export const prodAdmin = {
  name: 'prod-admin',
  clusters: ['*'],
  groups: ['prod-admins'],
  requesters: { groups: ['developers'] },
  approvers: { groups: ['sre'] },
};
