import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Who may use the demo's cluster at all. What they may do there is decided by its role bindings. */
const ownPolicy = `# Who may do what on the demo's cluster. You can edit this file while the demo runs: changes apply within two seconds.
# If the file has a fault, the previous policy stays in force. Run "sallyport policy status" (as carol) to see the fault.
- allow:
    or:
      - groups: developers
      - groups: sre
# Only SREs get a shell in production, or anything equivalent to one, and people while they have the elevation
# "prod-admin", which adds the group prod-admins. A deny rule overrides every allow rule.
# This also applies to nodes/proxy, which reaches the pods of every namespace.
- name: no-shells-in-prod
  message: Shells in production are for incidents.
  deny:
    and:
      - groups: {exclude: sre}
      - groups: {exclude: prod-admins}
      - k8s/namespace: prod
      - k8s/shell_equivalent: true
# The same applies to certificates, which have no namespace and can identify their holder as anyone.
- name: no-certificates
  deny:
    and:
      - groups: {exclude: sre}
      - k8s/resource: [certificatesigningrequests.certificates.k8s.io, certificatesigningrequests.certificates.k8s.io/*]
      - k8s/verb: [create, update, patch]
`;

/** Who may see and change what belongs to others. */
export const demoApiPolicy = {
  sessions: [{ allow: { or: [{ groups: 'sre' }] } }],
  machines: [{ allow: { or: [{ groups: 'sre' }] } }],
  audit: [{ allow: { or: [{ groups: 'security-auditors' }] } }],
  policy: [{ allow: { or: [{ groups: 'security-auditors' }] } }],
  elevations: [{ allow: { or: [{ groups: 'security-auditors' }] } }],
  recordings: [{ allow: { or: [{ groups: 'security-auditors' }] } }],
};

/** What people can ask for: to edit in production, and for SREs the same at once. */
export const demoElevations = [
  {
    name: 'prod-admin',
    clusters: ['*'],
    groups: ['prod-admins'],
    requesters: { groups: ['developers'] },
    approvers: { groups: ['sre'] },
    maxDuration: '30m',
  },
  {
    name: 'break-glass',
    clusters: ['*'],
    groups: ['prod-admins'],
    requesters: { groups: ['sre'] },
    approvals: 0,
    maxDuration: '15m',
    review: { by: { groups: ['security-auditors'] }, within: '24h' },
  },
];

/**
 * Returns the policy file of the demo's cluster: the given one (a PPL document), or one that is written here. A file
 * that was edited in an earlier run is kept as `policy.yaml.previous`.
 */
export function demoPolicyFile(directory: string, given: string | undefined): string {
  if (given !== undefined) return given;
  const file = path.join(directory, 'policy.yaml');
  if (existsSync(file) && readFileSync(file, 'utf8') !== ownPolicy) renameSync(file, `${file}.previous`);
  writeFileSync(file, ownPolicy, { mode: 0o600 });
  return file;
}
