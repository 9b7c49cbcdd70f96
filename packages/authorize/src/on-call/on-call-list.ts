import { describeIssue, type Logger } from '@sallyport/kit';
import type { OnCallStatus, OnCallUser } from '@sallyport/contracts';
import type { OnCallInput } from '@sallyport/policy';

type Issue = Parameters<typeof describeIssue>[0];

/** Says what is wrong with an on-call list and where in it, without a value of it. */
export function describeOnCallFault(issue: Issue): string {
  if (issue.code === 'unrecognized_keys') return `${[...issue.path, issue.keys[0]].join('.')}: unknown field`;
  // A user is a name, or a mapping with a name and a time. What the mapping lacks says more.
  const inner = issue.code === 'invalid_union' ? issue.errors.at(-1)?.[0] : undefined;
  if (inner && inner.path.length > 0) return describeOnCallFault({ ...inner, path: [...issue.path, ...inner.path] });
  const message = inner ? 'must be a user name, or a mapping of user and until' : describeIssue(issue);
  return `${issue.path.join('.') || 'the list'}: ${message}`;
}

/** One on-call list as policies see it. `changed`: other users are on call now, as far as policies can tell. */
export type OnCallList = {
  /** What policies are evaluated with; undefined if it is not known. */
  input(): OnCallInput[string] | undefined;
  status(): OnCallStatus;
  /** Puts other users into force. They count until `knownUntil`, in milliseconds since the epoch. */
  take(users: readonly OnCallUser[], knownUntil?: number): void;
  /** Notes that the list cannot be read now. What was read before counts for as long as it may. */
  fail(reason: string): void;
  close(): void;
};

type OnCallListDeps = {
  onUpdate(event: { changed: boolean }): void;
  logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  now: () => number;
};

/** The longest time of a timer, in milliseconds. */
const maxTimerMs = 2 ** 31 - 1;

/** Creates a list that is not known yet. */
export function createOnCallList(name: string, { onUpdate, logger, now }: OnCallListDeps): OnCallList {
  let held: { users: readonly OnCallUser[]; text: string; at: number; knownUntil: number } | undefined;
  let failing: { at: number; reason: string } | undefined;
  let expiry: NodeJS.Timeout | undefined;
  /** Whether policies were told that it is known. */
  let counts = false;
  const isKnown = () => held !== undefined && now() < held.knownUntil;
  const expire = () => {
    // A timer can be early, and the clock can be set back.
    if (isKnown()) return watchExpiry();
    counts = false;
    const readAt = new Date(held!.at).toISOString();
    logger.error(
      { list: name, readAt, reason: failing?.reason },
      'an on-call list is too old: no one counts as on call until it can be read again',
    );
    onUpdate({ changed: true });
  };
  const watchExpiry = () => {
    clearTimeout(expiry);
    if (!held || held.knownUntil === Infinity) return;
    expiry = setTimeout(expire, Math.min(maxTimerMs, Math.max(1, held.knownUntil - now())));
    expiry.unref();
  };
  return {
    input: () =>
      held && { users: held.users, ...(held.knownUntil === Infinity ? {} : { knownUntil: held.knownUntil }) },
    status: () => ({
      name,
      known: isKnown(),
      users: held?.users.length ?? 0,
      ...(held ? { at: held.at } : {}),
      ...(failing ? { failing } : {}),
    }),
    take(users, knownUntil = Infinity) {
      const text = JSON.stringify(users);
      const changed = !counts || text !== held?.text;
      // The same users stay the same list, whose index exists already.
      held = { users: changed || !held ? users : held.users, text, at: now(), knownUntil };
      counts = true;
      if (failing) logger.info({ list: name }, 'an on-call list can be read again');
      failing = undefined;
      if (changed) logger.info({ list: name, users: users.length }, 'read an on-call list');
      watchExpiry();
      onUpdate({ changed });
    },
    fail(reason) {
      const isNew = failing?.reason !== reason;
      failing = { at: failing?.at ?? now(), reason };
      if (!isNew) return;
      logger.warn(
        { list: name, reason },
        isKnown()
          ? 'an on-call list cannot be read; the previous one counts for now'
          : 'an on-call list cannot be read: no one counts as on call until it can',
      );
      onUpdate({ changed: false });
    },
    close: () => clearTimeout(expiry),
  };
}
