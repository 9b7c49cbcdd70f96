import type { Ask, ClusterAnswer } from './ask-cluster.ts';

export type ClusterFactsDeps = {
  ask(request: Ask): Promise<ClusterAnswer>;
  /** Milliseconds of the monotonic clock. */
  clock(): number;
  path: string;
  accept: string;
  /** Undefined for anything that is not the document. */
  read(text: string): ReadonlyMap<string, boolean> | undefined;
};

/** For how long an answer is used, counted from the request, in milliseconds. */
const lifetime = {
  /** A "yes" makes policy as strict as not knowing, so that an old one does no harm. */
  yes: 60_000,
  /** A "no" may have become a "yes", and an old "no" could then bypass a deny. */
  no: 2000,
  /** The document does not tell, or the cluster could not be asked. */
  nothing: 5000,
} as const;
const waitMs = 1000;
/** Enough for 8,000 kinds. */
const maxBytes = 4 * 1024 * 1024;
/**
 * Parsing an answer holds up requests to all clusters. Before the next request for it, this many times the duration of
 * the last parse must pass.
 */
const pausePerParse = 20;

type Known = { facts: ReadonlyMap<string, boolean>; etag: string | undefined; askedAt: number };

/**
 * Creates the memory of a document, which is asked for when it is first needed. One document answers for all names, so
 * that made-up names cause no requests. There is one request at a time, and no caller waits longer than a second.
 */
export function createClusterFacts({ ask, clock, path, accept, read }: ClusterFactsDeps) {
  let known: Known | undefined;
  let failedAt: number | undefined;
  let asking: Promise<void> | undefined;
  let pausedUntil = -Infinity;

  const parseTimed = (body: string) => {
    const begun = clock();
    const facts = read(body);
    pausedUntil = clock() + (clock() - begun) * pausePerParse;
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
      const facts = answer.status === 304 ? known?.facts : answer.status === 200 ? parseTimed(answer.body) : undefined;
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
  /** What is known now, or `asks` if the cluster must be asked again. */
  const lookUp = (key: string): boolean | undefined | 'asks' => {
    const age = known === undefined ? Infinity : clock() - known.askedAt;
    const fact = known?.facts.get(key);
    if (age < (fact === undefined ? lifetime.nothing : fact ? lifetime.yes : lifetime.no)) return fact;
    if (clock() < pausedUntil) return undefined;
    return failedAt !== undefined && clock() - failedAt < lifetime.nothing ? undefined : 'asks';
  };
  return {
    /** Undefined if the cluster does not tell, or not in time. */
    of(key: string): boolean | undefined | Promise<boolean | undefined> {
      const found = lookUp(key);
      if (found !== 'asks') return found;
      asking ??= refresh().finally(() => {
        asking = undefined;
      });
      return asking.then(() => {
        const now = lookUp(key);
        return now === 'asks' ? undefined : now;
      });
    },
  };
}
