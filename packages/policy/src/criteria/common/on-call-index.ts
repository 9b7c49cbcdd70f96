import { isPlainObject } from '../../compile/plain-object.ts';
import { foldWholeAddress } from '../../matchers/fold-address.ts';

/** When each of the users of a list stops being on call, by their name as written and as an address without case. */
type OnCallIndex = { readonly asWritten: ReadonlyMap<string, number>; readonly folded: ReadonlyMap<string, number> };

/** Lists are compared by identity: whoever makes an input makes a new list for other users. */
const indices = new WeakMap<readonly unknown[], OnCallIndex | 'odd'>();

/** Folds a name as the criteria `user` and `email` do in a deny: only addresses have no case. */
export const foldUser = (name: string): string => (name.includes('@') ? foldWholeAddress(name) : name);

function build(users: readonly unknown[]): OnCallIndex | 'odd' {
  const [asWritten, folded] = [new Map<string, number>(), new Map<string, number>()];
  const put = (map: Map<string, number>, name: string, until: number) =>
    map.set(name, Math.max(until, map.get(name) ?? -Infinity));
  for (const one of users) {
    if (!isPlainObject(one) || typeof one['user'] !== 'string') return 'odd';
    const { user, until = Infinity } = one;
    if (typeof until !== 'number') return 'odd';
    put(asWritten, user as string, until);
    put(folded, foldUser(user as string), until);
  }
  return { asWritten, folded };
}

/** Returns the index of a list of users, which is made once; undefined for what is no such list. */
export function onCallIndex(users: unknown): OnCallIndex | undefined {
  if (!Array.isArray(users)) return undefined;
  let index = indices.get(users);
  if (index === undefined) {
    index = build(users);
    indices.set(users, index);
  }
  return index === 'odd' ? undefined : index;
}
