/** Whom a request asks to act as, by the headers `Impersonate-*` of Kubernetes. */
export type ImpersonationTarget = {
  user: string;
  uid?: string;
  groups: readonly string[];
  /** By key, in lower case. */
  extra: Readonly<Record<string, readonly string[]>>;
};

/** How many names a request can ask to act as. The cluster is asked about each of them. */
export const maxImpersonationTargets = 32;
const maxLength = 1024;

const label = '[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?';
const accountPattern = new RegExp(`^(${label}):(${label}(?:\\.${label})*)$`);
const accountTarget = new RegExp(`^(${label})/(${label}(?:\\.${label})*)$`);
const accountPrefix = 'system:serviceaccount:';
/** Without an equals sign, so that a target can be read back. */
const extraKey = /^[a-z0-9][a-z0-9._/-]{0,252}$/;
/** Not sent unchanged by HTTP, or not shown as what it is. */
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Returns the namespace and the name of a ServiceAccount by its user name. Undefined for every other user name. */
export function serviceAccountOf(user: string): { namespace: string; name: string } | undefined {
  if (!user.startsWith(accountPrefix)) return undefined;
  const [, namespace, name] = accountPattern.exec(user.slice(accountPrefix.length)) ?? [];
  return namespace === undefined || name === undefined || name.length > 253 ? undefined : { namespace, name };
}

/** Reports whether a name can be sent to a cluster and shown unchanged. HTTP removes white space around it. */
export function isPlainName(name: string): boolean {
  return name !== '' && name.length <= maxLength && name.trim() === name && !unsafe.test(name);
}

/** The keys of the gateway and of the API server itself. */
const reservedDomains = ['sallyport.dev', 'authentication.kubernetes.io'];

/** Reports whether an extra belongs to the gateway or to the API server, so that no client may set it. */
export function isReservedExtra(key: string): boolean {
  const domain = key.split('/', 1)[0]!.toLowerCase();
  return reservedDomains.some((reserved) => domain === reserved || domain.endsWith(`.${reserved}`));
}

/** Reports whether an extra can have this key. */
export function isExtraKey(key: string): boolean {
  return extraKey.test(key);
}

/** Reports whether a user name looks like that of a ServiceAccount, but is none. */
export const isBrokenServiceAccount = (user: string): boolean =>
  user.toLowerCase().startsWith(accountPrefix) && serviceAccountOf(user) === undefined;

/**
 * Writes a target as policies and events have it: `user:<name>` or `serviceaccount:<namespace>/<name>`, then `uid:<uid>`,
 * `group:<name>` and `extra:<key>=<value>`.
 */
export function writeImpersonationTargets({ user, uid, groups, extra }: ImpersonationTarget): string[] {
  const account = serviceAccountOf(user);
  return [
    account === undefined ? `user:${user}` : `serviceaccount:${account.namespace}/${account.name}`,
    ...(uid === undefined ? [] : [`uid:${uid}`]),
    ...groups.map((group) => `group:${group}`),
    ...Object.entries(extra).flatMap(([key, values]) => values.map((value) => `extra:${key}=${value}`)),
  ];
}

/** Returns the user name of a ServiceAccount that is written `<namespace>/<name>`. */
function accountUser(text: string): string | undefined {
  const [, namespace, name] = accountTarget.exec(text) ?? [];
  if (namespace === undefined || name === undefined) return undefined;
  const user = `${accountPrefix}${namespace}:${name}`;
  return serviceAccountOf(user) && user;
}

type Draft = { user?: string; uid?: string; groups: string[]; extra: Map<string, string[]> };

/** Adds one text to a target. Returns whether it is valid there. */
function take(draft: Draft, text: string): boolean {
  const colon = text.indexOf(':');
  const [kind, name] = [text.slice(0, colon), text.slice(colon + 1)];
  if (kind === 'user' || kind === 'serviceaccount') {
    const user = kind === 'user' ? name : accountUser(name);
    if (draft.user !== undefined || user === undefined || !isPlainName(user)) return false;
    // Each has one spelling: a ServiceAccount is never written as a user.
    if (kind === 'user' && user.toLowerCase().startsWith(accountPrefix)) return false;
    draft.user = user;
    return true;
  }
  if (kind === 'uid') {
    if (draft.uid !== undefined) return false;
    draft.uid = name;
  } else if (kind === 'group') draft.groups.push(name);
  else if (kind === 'extra') {
    const mark = name.indexOf('=');
    const [key, value] = [name.slice(0, Math.max(mark, 0)), name.slice(mark + 1)];
    if (!isExtraKey(key) || isReservedExtra(key) || !isPlainName(value)) return false;
    const values = draft.extra.get(key);
    if (values) values.push(value);
    else draft.extra.set(key, [value]);
    return true;
  } else return false;
  return isPlainName(name);
}

/** Reads a target from its texts. Returns undefined unless they name one user, and everything else at most as intended. */
export function readImpersonationTargets(texts: unknown): ImpersonationTarget | undefined {
  if (!Array.isArray(texts) || texts.length > maxImpersonationTargets) return undefined;
  const draft: Draft = { groups: [], extra: new Map() };
  for (const text of texts) if (typeof text !== 'string' || !take(draft, text)) return undefined;
  const { user, uid, groups, extra } = draft;
  if (user === undefined) return undefined;
  return { user, ...(uid === undefined ? {} : { uid }), groups, extra: Object.fromEntries(extra) };
}
