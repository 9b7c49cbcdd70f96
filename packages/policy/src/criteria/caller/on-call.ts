import { isPlainObject } from '../../document/plain-object.ts';
import { type PolicyInput, isLoggedIn } from '../../input/policy-input.ts';
import type { Criterion } from '../../language/criterion.ts';
import { definition } from '../../language/json-schema.ts';
import { fail, leaveOpen, pass } from '../../language/verdict.ts';
import { foldWholeAddress } from '../../matchers/address-matcher.ts';
import { readNames } from '../../matchers/string-matcher.ts';

/** When each of the users of a list stops being on call, by their name as written and as an address without case. */
type OnCallIndex = { readonly asWritten: ReadonlyMap<string, number>; readonly folded: ReadonlyMap<string, number> };

/** Lists are compared by identity: whoever makes an input makes a new list for other users. */
const indices = new WeakMap<readonly unknown[], OnCallIndex | 'odd'>();

/** Folds a name as the criteria `user` and `email` do in a deny: only addresses have no case. */
const foldUser = (name: string): string => (name.includes('@') ? foldWholeAddress(name) : name);

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
function onCallIndex(users: unknown): OnCallIndex | undefined {
  if (!Array.isArray(users)) return undefined;
  let index = indices.get(users);
  if (index === undefined) {
    index = build(users);
    indices.set(users, index);
  }
  return index === 'odd' ? undefined : index;
}

const ok = pass('on-call-ok');
const unauthorized = fail('on-call-unauthorized');
const open = leaveOpen('on-call-open');
const unauthenticated = fail('user-unauthenticated');

type Spelling = 'asWritten' | 'folded';

/** Reports whether the caller is on call by one list; undefined if that is not known. */
function isOnCall({ user, onCall, now }: PolicyInput, name: string, spelling: Spelling): boolean | undefined {
  const list = onCall && Object.hasOwn(onCall, name) ? onCall[name] : undefined;
  const index = onCallIndex(list?.users);
  if (index === undefined) return undefined;
  const { knownUntil = Infinity } = list!;
  const isTimed = typeof now === 'number';
  if (knownUntil !== Infinity && !(isTimed && now < knownUntil)) return undefined;
  let until = -Infinity;
  for (const given of [user?.id, user?.email]) {
    if (typeof given !== 'string' || given === '') continue;
    until = Math.max(until, index[spelling].get(spelling === 'folded' ? foldUser(given) : given) ?? -Infinity);
  }
  if (until === Infinity || until === -Infinity) return until > 0;
  return isTimed ? now < until : undefined;
}

/** Holds while the caller is on one of these on-call lists. */
export const onCall: Criterion = {
  name: 'on_call',
  ofPerson: true,
  doc: {
    summary:
      'Holds while the caller is on the on-call list of this name (`onCall` in the configuration), or on one of several. The list has user names and email addresses. Each is compared with both of the caller, as `user` and `email` compare them. ' +
      'Where being on call gives something, case counts. Where it takes something, case does not count in an address. ' +
      'A list that cannot be read any more is not known: then no one counts as on call in an allow, and everyone may be on call in a deny.',
    data: 'the name of a list, or a list of names',
    example: 'primary',
    source: 'Sallyport',
    reasons: ['on-call-ok', 'on-call-unauthorized', 'on-call-open', 'user-unauthenticated'],
  },
  schema: definition('textOrList'),
  value: (input) => Object.keys(input.onCall ?? {}).filter((name) => isOnCall(input, name, 'asWritten') === true),
  compile(data, _subpath, { action, operator, path, faults }) {
    const names = readNames(data, 'an on-call list', path, faults);
    if (!names) return undefined;
    const inverted = operator === 'not' || operator === 'nor';
    // An allow must be sure of what it says, a deny must not miss anyone.
    const spelling = (action === 'deny') === inverted ? 'asWritten' : 'folded';
    return (input) => {
      if (!isLoggedIn(input)) return unauthenticated;
      let known = true;
      for (let index = 0; index < names.length; index += 1) {
        const is = isOnCall(input, names[index]!, spelling);
        if (is === true) return ok;
        if (is === undefined) known = false;
      }
      return known ? unauthorized : open;
    };
  },
};
