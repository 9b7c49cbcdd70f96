import { onCallFileSchema, type OnCallUser } from '@sallyport/contracts';
import { readTextFile, readYaml } from '@sallyport/kit';
import { describeOnCallFault } from './describe-on-call-fault.ts';

const maxBytes = 1024 * 1024;

/** A file with an on-call list: who is on call, or what is wrong with it. `identity` changes with the file. */
export type OnCallFile = { identity: string } & ({ users: readonly OnCallUser[] } | { fault: string });

/** Reads a file with an on-call list (YAML or JSON). The fault names a place, and never what stands there. */
export function readOnCallFile(file: string): OnCallFile {
  const { text, fault = 'cannot be read', identity } = readTextFile(file, maxBytes);
  if (text === undefined) return { identity, fault };
  const read = readYaml(text, maxBytes);
  if (!read.ok) {
    const { line, message } = read.faults[0]!;
    return { identity, fault: `${line === undefined ? '' : `line ${line}: `}${message}` };
  }
  const parsed = onCallFileSchema.safeParse(read.yaml.data ?? {});
  if (parsed.success) return { identity, users: parsed.data.users };
  const issue = parsed.error.issues[0]!;
  const at = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]!] : issue.path;
  const { line } = read.yaml.place(at) ?? {};
  return { identity, fault: `${line === undefined ? '' : `line ${line}: `}${describeOnCallFault(issue)}` };
}
