import { ProblemError, type Caller } from '@sallyport/kit';
import { isMaker } from './is-maker.ts';
import { holderOf } from './name-holder.ts';
import type { ServiceAccountDeps } from './service-account-deps.ts';

/** How many service accounts one person may have made, of those that have not ended. */
const maxMade = 50;
/** How many names one person may hold, those of accounts that have ended included. */
const maxNames = 200;

/** The one answer for a name that someone else has or once had, that is reserved, or that is being given. */
export const notFree = (name: string) =>
  new ProblemError(
    'conflict',
    `The name "${name}" is not free: it belongs to someone else, is reserved, or is being created. Choose another name.`,
  );

/**
 * Gives the caller the name of a new service account, before there is one. Refuses a name that is not free. What the
 * caller may have at most is checked first, so that no one finds out for nothing which names are free.
 */
export async function holdName(
  { sessions, names }: Pick<ServiceAccountDeps, 'sessions' | 'names'>,
  caller: Caller,
  { name, reserved }: { name: string; reserved: boolean },
): Promise<void> {
  const [all, held] = await Promise.all([sessions.list(), names.read(name)]);
  const live = all.find(({ serviceAccount }) => serviceAccount?.name === name);
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
  if (live)
    throw new ProblemError(
      'conflict',
      `You have a service account "${name}" already. Choose another name, or end that one first.`,
    );
}
