import type { Identity, Session } from '@sallyport/contracts';
import { userUid, ProblemError, type Caller } from '@sallyport/kit';
import type { NameHolder } from '@sallyport/stores';
import { withHeldName } from '../session/with-held-name.ts';
import { isMaker } from './own-service-accounts.ts';
import type { HandlerDeps } from '../session/handler-deps.ts';

/**
 * Returns the account that holds the names which a person makes. Another account of the same person is another holder: a
 * name is a right, and accounts that only seem to be of one person must not share it.
 */
export const holderOf = (person: Pick<Identity, 'issuer' | 'subject' | 'user'>): NameHolder => ({
  uid: userUid(person),
  user: person.user,
});

/** How many service accounts one person may have made, of those that have not ended. */
const maxMade = 50;
/** How many names one person may hold, those of accounts that have ended included. */
const maxNames = 200;

/** The one answer for a name that someone else has or once had, that is reserved, or that is being given. */
const notFree = (name: string) =>
  new ProblemError(
    'conflict',
    `The name "${name}" is not free: it belongs to someone else, is reserved, or is being created. Choose another name.`,
  );

/** Returns the live account of a name. */
const liveOf = (all: readonly Session[], name: string) =>
  all.find(({ serviceAccount }) => serviceAccount?.name === name);

/**
 * Gives the caller the name of a new service account, before there is one, and reports whether it was free. Refuses a name
 * that is not. What the caller may have at most is checked first, so that no one finds out for nothing which names are
 * free.
 */
async function holdName(
  { sessions, names }: Pick<HandlerDeps, 'sessions' | 'names'>,
  caller: Caller,
  { name, reserved }: { name: string; reserved: boolean },
): Promise<{ isNew: boolean }> {
  const [all, held] = await Promise.all([sessions.list(), names.read(name)]);
  const live = liveOf(all, name);
  // Another version of the gateway, which does not give names, may have made it just now.
  if (live?.serviceAccount && !held) await names.hold(name, holderOf(live.serviceAccount.maker));
  if (all.filter((one) => isMaker(caller, one)).length >= maxMade)
    throw new ProblemError(
      'too-many-requests',
      `You have made ${maxMade} service accounts, the maximum. End some first.`,
    );
  const outcome = await names.hold(name, holderOf(caller.identity), { max: maxNames, reserved });
  if (outcome === 'too-many')
    throw new ProblemError(
      'too-many-requests',
      `You hold ${maxNames} names of service accounts, the maximum. Free those that nothing uses any more: run "sallyport service-account names".`,
    );
  if (outcome === 'of-another') throw notFree(name);
  return { isNew: outcome === 'given' };
}

/**
 * Gives the caller a name, and then runs `create` while no release and no older version of the gateway can have it in
 * hand. Others never get that far: they are refused before, so that they cannot keep the holder from their own name.
 */
export async function withOwnName<T>(
  deps: Pick<HandlerDeps, 'sessions' | 'names' | 'singleUse'>,
  caller: Caller,
  asked: { name: string; reserved: boolean },
  create: () => Promise<T>,
): Promise<T> {
  const { name } = asked;
  const { uid } = holderOf(caller.identity);
  const { isNew } = await holdName(deps, caller, asked);
  const taken = notFree(name);
  try {
    return await withHeldName(deps.singleUse, { kind: 'service-account', name, taken }, async () => {
      const [all, held] = await Promise.all([deps.sessions.list(), deps.names.read(name)]);
      // It was released in between.
      if (held?.uid !== uid) throw taken;
      if (liveOf(all, name))
        throw new ProblemError(
          'conflict',
          `You have a service account "${name}" already. Choose another name, or end that one first.`,
        );
      return create();
    });
  } catch (error) {
    // An older version may be giving it to someone else.
    if (error === taken && isNew) await deps.names.release(name, uid);
    throw error;
  }
}
