import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Who may come to the demo's cluster at all; what they may do there is its own role bindings' business. */
const ownPolicy = `# Who may do what on the demo's cluster. Edit this file while the demo runs: what you save holds within two seconds.
# A faulty file is refused and the policy before it stays; "sallyport policy status" (as carol) says what is wrong with it.
- allow:
    or:
      - groups: developers
      - groups: sre
# A shell in production, and what is as good as one, is for SREs alone: a rule that denies beats every rule that allows.
# It holds for nodes/proxy as well, which reaches the pods of every namespace.
- deny:
    and:
      - groups: {exclude: sre}
      - k8s/namespace: prod
      - k8s/shell_equivalent: true
# So are certificates, which are in no namespace and can make their holder anybody.
- deny:
    and:
      - groups: {exclude: sre}
      - k8s/resource: [certificatesigningrequests.certificates.k8s.io, certificatesigningrequests.certificates.k8s.io/*]
      - k8s/verb: [create, update, patch]
`;

/** Who may see and act on what is not their own. */
export const demoApiPolicy = {
  sessions: [{ allow: { or: [{ groups: 'sre' }] } }],
  audit: [{ allow: { or: [{ groups: 'security-auditors' }] } }],
  policy: [{ allow: { or: [{ groups: 'security-auditors' }] } }],
};

/**
 * The file with the policy of the demo's cluster: the one that is given (a bare PPL document), or one that is written
 * for it. What an earlier run left edited is kept beside it.
 */
export function demoPolicyFile(directory: string, given: string | undefined): string {
  if (given !== undefined) return given;
  const file = path.join(directory, 'policy.yaml');
  if (existsSync(file) && readFileSync(file, 'utf8') !== ownPolicy) renameSync(file, `${file}.previous`);
  writeFileSync(file, ownPolicy, { mode: 0o600 });
  return file;
}
