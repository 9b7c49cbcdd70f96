import type { Ask, ClusterAnswer } from './ask-cluster.ts';

/** One document of a cluster, read as facts that are true or false. */
export type ClusterFacts = {
  /** Undefined where the cluster does not say in time. */
  of(key: string): boolean | undefined | Promise<boolean | undefined>;
};

export type ClusterFactsDeps = {
  ask(request: Ask): Promise<ClusterAnswer>;
  /** Milliseconds of the monotonic clock. */
  clock(): number;
  path: string;
  accept: string;
  /** Undefined for what is not the document. */
  read(text: string): ReadonlyMap<string, boolean> | undefined;
};

/** For how long, from when it was asked for, an answer is believed, in milliseconds. */
const believed = {
  /** That something is so makes policy as strict as not knowing would: nothing is lost if that is old. */
  yes: 60_000,
  /** What was not so may have become so, and an old "no" would then let a deny be passed. */
  no: 2000,
  /** That nothing is said, or that the cluster could not be asked. */
  nothing: 5000,
} as const;
const waitMs = 1000;
/** Room for 8,000 kinds. */
const maxBytes = 4 * 1024 * 1024;
/**
 * To read an answer keeps the requests to every cluster waiting: before the next is asked for, many times as long must
 * pass as the last one took.
 */
const restPerRead = 20;

type Known = { facts: ReadonlyMap<string, boolean>; etag: string | undefined; askedAt: number };

/**
 * Asks for a document when the first question comes that it answers. One tells of everything, so that made-up names
 * cost no requests; one request is under way at a time, and nobody waits longer than a second.
 */
export function createClusterFacts({ ask, clock, path, accept, read }: ClusterFactsDeps): ClusterFacts {
  let known: Known | undefined;
  let failedAt: number | undefined;
  let asking: Promise<void> | undefined;
  let restsUntil = -Infinity;

  const readTimed = (body: string) => {
    const begun = clock();
    const facts = read(body);
    restsUntil = clock() + (clock() - begun) * restPerRead;
    return facts;
  };
  const refresh = async () => {
    const askedAt = clock();
    try {
      const answer = await ask({
        path,
        headers: ['Accept', accept, ...(known?.etag === undefined ? [] : ['If-None-Match', known.etag])],
        timeoutMs: waitMs,
        maxBytes,
      });
      const facts = answer.status === 304 ? known?.facts : answer.status === 200 ? readTimed(answer.body) : undefined;
      known = facts && {
        facts,
        etag: answer.header('etag') ?? (answer.status === 304 ? known?.etag : undefined),
        askedAt,
      };
      failedAt = facts ? undefined : askedAt;
    } catch {
      failedAt = askedAt;
    }
  };
  /** What is known now: `asks` if that is not to be believed any more. */
  const look = (key: string): boolean | undefined | 'asks' => {
    const age = known === undefined ? Infinity : clock() - known.askedAt;
    const fact = known?.facts.get(key);
    if (age < (fact === undefined ? believed.nothing : fact ? believed.yes : believed.no)) return fact;
    if (clock() < restsUntil) return undefined;
    return failedAt !== undefined && clock() - failedAt < believed.nothing ? undefined : 'asks';
  };
  return {
    of(key) {
      const found = look(key);
      if (found !== 'asks') return found;
      asking ??= refresh().finally(() => {
        asking = undefined;
      });
      return asking.then(() => {
        const now = look(key);
        return now === 'asks' ? undefined : now;
      });
    },
  };
}
