import { onCallFileSchema, type OnCallUser } from '@sallyport/contracts';
import {
  readTextFile,
  readYaml,
  checkAuthorities,
  type ConfigFault,
  type LoadedConfig,
  ConfigFaults,
  createFileFollower,
} from '@sallyport/kit';
import { describeOnCallFault, type OnCallList } from './on-call-list.ts';

const maxBytes = 1024 * 1024;

/** A file with an on-call list: who is on call, or what is wrong with it. `identity` changes with the file. */
type OnCallFile = { identity: string } & ({ users: readonly OnCallUser[] } | { fault: string });

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

/** Reports on-call lists whose files cannot be read. Servers are not asked. */
export function checkOnCall(loaded: LoadedConfig): ConfigFault[] {
  const { config, place, resolvePath } = loaded;
  return config.onCall.flatMap(({ file, caFile }, index) => {
    const authorities = checkAuthorities(loaded, { path: `onCall.${index}.caFile`, file: caFile });
    const read = file == null ? undefined : readOnCallFile(resolvePath(file));
    if (!read || !('fault' in read)) return authorities;
    const path = ['onCall', String(index), 'file'];
    const hint = `write it like {users: [alice@example.com]}: ${resolvePath(file!)}`;
    return [...authorities, { path: path.join('.'), message: read.fault, hint, ...place(path) }];
  });
}

/**
 * Reads a file into a list, and again whenever it changes. Throws ConfigFaults if it is faulty at the start. A faulty
 * version later is refused, and the previous one stays in force. Returns a function that stops.
 */
export function followOnCallFile(file: string, list: Pick<OnCallList, 'take' | 'fail'>): () => void {
  const first = readOnCallFile(file);
  if ('fault' in first) throw new ConfigFaults(file, [{ path: '', message: first.fault }]);
  list.take(first.users);
  const follower = createFileFollower({
    onChange() {
      const next = readOnCallFile(file);
      follower.follow(new Map([[file, next.identity]]));
      if ('fault' in next) list.fail(next.fault);
      else list.take(next.users);
    },
  });
  follower.follow(new Map([[file, first.identity]]));
  return () => follower.close();
}
