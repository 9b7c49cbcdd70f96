import {
  decodeFully,
  isBrokenServiceAccount,
  isExtraKey,
  isPlainName,
  isReservedExtra,
  maxImpersonationTargets,
  writeImpersonationTargets,
} from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';

const extraPrefix = 'impersonate-extra-';

const bad = (detail: string) => new ProblemError('bad-request', detail);

/** Reports whether a header is one by which Kubernetes is asked to act as another, in the spelling of Kubernetes. */
export function isImpersonationHeader(lower: string): boolean {
  return (
    lower === 'impersonate-user' ||
    lower === 'impersonate-group' ||
    lower === 'impersonate-uid' ||
    lower.startsWith(extraPrefix)
  );
}

/** Decodes a value. Node.js returns one character per byte, but names are UTF-8. */
function nameOf(header: string, value: string): string {
  const bytes = Buffer.from(value, 'latin1');
  const name = bytes.toString('utf8');
  if (!bytes.equals(Buffer.from(name, 'utf8'))) throw bad(`The ${header} header is not UTF-8.`);
  if (!isPlainName(name))
    throw bad(
      `The ${header} header is empty or too long, or has white space around it or characters that do not show.`,
    );
  return name;
}

function decodeKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw bad('The key of an Impersonate-Extra header is not percent-encoded correctly.');
  }
}

/** Reads the key of an extra as the API server does. A key that could be read in two ways is refused. */
function keyOf(lower: string): string {
  const key = decodeKey(lower.slice(extraPrefix.length));
  // Escapes of escapes are refused below anyway. But this tells what they were for.
  if (isReservedExtra(decodeFully(key).text))
    throw new ProblemError(
      'forbidden-header',
      `The extra ${JSON.stringify(key.slice(0, 253))} is not for clients to set.`,
    );
  if (!isExtraKey(key))
    throw bad(
      'The key of an Impersonate-Extra header may have lower-case letters, digits, dots, dashes, underscores and slashes.',
    );
  return key;
}

/**
 * Reads whom a request asks to act as, from its lines `Impersonate-*` (name in lower case, value, ...), as
 * k8s.io/apiserver does or more strictly. Returns it as policies have it.
 */
export function readImpersonation(lines: readonly string[]): string[] {
  let user: string | undefined;
  let uid: string | undefined;
  const groups = new Set<string>();
  const extra = new Map<string, Set<string>>();
  if (lines.length / 2 > maxImpersonationTargets)
    throw bad(`The request asks to act with more than ${maxImpersonationTargets} names.`);
  for (let index = 0; index < lines.length; index += 2) {
    const header = lines[index]!;
    if (header.startsWith(extraPrefix)) {
      const key = keyOf(header);
      const value = nameOf(header, lines[index + 1]!);
      extra.set(key, (extra.get(key) ?? new Set()).add(value));
      continue;
    }
    const name = nameOf(header, lines[index + 1]!);
    if (header === 'impersonate-group') groups.add(name);
    else if ((header === 'impersonate-user' ? user : uid) !== undefined)
      throw bad(`The ${header} header appears twice.`);
    else if (header === 'impersonate-user') user = name;
    else uid = name;
  }
  if (user === undefined)
    throw bad('Impersonate-Group, Impersonate-Uid and Impersonate-Extra need an Impersonate-User.');
  if (isBrokenServiceAccount(user))
    throw bad('Impersonate-User begins with system:serviceaccount:, but does not name a ServiceAccount.');
  return writeImpersonationTargets({
    user,
    ...(uid === undefined ? {} : { uid }),
    groups: [...groups],
    extra: Object.fromEntries([...extra].map(([key, values]) => [key, [...values]])),
  });
}
