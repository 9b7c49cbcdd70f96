import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** Who may come to the demo's cluster at all; what they may do there is its own role bindings' business. */
const ownPolicy = [{ allow: { or: [{ groups: 'developers' }, { groups: 'sre' }] } }];

/** Who may see and act on what is not their own. */
export const demoApiPolicy = {
  sessions: [{ allow: { or: [{ groups: 'sre' }] } }],
  audit: [{ allow: { or: [{ groups: 'security-auditors' }] } }],
  policy: [{ allow: { or: [{ groups: 'security-auditors' }] } }],
};

/** The policy of the demo's cluster: its own, or the one in `file` (a bare PPL document). */
export function readDemoPolicy(file: string | undefined): unknown {
  return file === undefined ? ownPolicy : parse(readFileSync(file, 'utf8'));
}
