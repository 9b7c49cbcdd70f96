import { Worker } from 'node:worker_threads';
import type { AuditPage, AuditQuery, WhatIf } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import type { WhatIfAnswer, WhatIfRequest, WhatIfStart } from './what-if-worker.ts';

/** A policy and its test cases, and the requests that are evaluated by it. */
export type WhatIfQuestion = WhatIfStart & { since: string; until: string };

export type WhatIfDeps = {
  /** Finds one page; undefined if the caller is gone. */
  find(query: AuditQuery): Promise<AuditPage | undefined>;
  /** Aborts when the caller is gone. */
  gone: AbortSignal;
  /** When no further events are read, and when the thread is ended whatever it does, in milliseconds. */
  budgetMs?: number;
  mostMs?: number;
};

/** What the thread may take. More than half of it is for what is remembered of requests. */
const resourceLimits = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 };
const pageSize = 1000;
const [mostRules, mostPeople] = [50, 100];

const tooMuch = () =>
  new ProblemError(
    'too-large',
    'The policy took too much time or memory. Simplify it, ask about a shorter period, or send fewer test cases.',
  );

/** Starts the thread, and returns what asks it. A question rejects once the thread has ended, which `stop` does. */
function startThread(start: WhatIfStart) {
  const file = import.meta.url.endsWith('.ts') ? './what-if-worker.ts' : './what-if-worker.js';
  const worker = new Worker(new URL(file, import.meta.url), { workerData: start, name: 'what-if', resourceLimits });
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => undefined);
  worker.once('error', (error: Error & { code?: string }) =>
    ended.reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooMuch() : error),
  );
  worker.once('exit', () => ended.reject(tooMuch()));
  const next = () =>
    Promise.race([ended.promise, new Promise<WhatIfAnswer>((resolve) => worker.once('message', resolve))]);
  return {
    started: next(),
    ask(request: WhatIfRequest): Promise<WhatIfAnswer> {
      const answered = next();
      worker.postMessage(request);
      return answered;
    },
    stop: () => worker.terminate(),
  };
}

/** Lists the rules and people with most requests, and counts the others. */
function shorten({ byRule, otherRules, ...rest }: WhatIf['lost']): WhatIf['lost'] {
  const sum = (counts: number[]) => counts.reduce((all, one) => all + one, 0);
  const listed = byRule.slice(0, mostRules).map(({ people, otherPeople, ...rule }) => ({
    ...rule,
    people: people.slice(0, mostPeople),
    otherPeople: otherPeople + sum(people.slice(mostPeople).map(({ count }) => count)),
  }));
  return {
    ...rest,
    byRule: listed,
    otherRules: otherRules + sum(byRule.slice(mostRules).map(({ requests }) => requests)),
  };
}

/**
 * Runs the test cases of a policy, and evaluates the requests to a cluster by it, the newest first, as many as time
 * allows. Returns undefined if the caller is gone. Throws `bad-request` with the faults of the policy or of the cases, and
 * `too-large` if it takes too much time or memory.
 */
export async function runWhatIf(
  { policy, tests: cases, cluster, since, until }: WhatIfQuestion,
  { find, gone, budgetMs = 35_000, mostMs = 50_000 }: WhatIfDeps,
): Promise<WhatIf | undefined> {
  const began = performance.now();
  const thread = startThread({ policy, tests: cases, cluster });
  const stop = () => void thread.stop();
  const late = setTimeout(stop, mostMs);
  gone.addEventListener('abort', stop, { once: true });
  try {
    const { faults, warnings = [], tests } = await thread.started;
    if (faults !== undefined) throw new ProblemError('bad-request', faults);
    const query: AuditQuery = {
      type: 'k8s.request',
      cluster,
      since,
      until,
      view: 'requests',
      order: 'newest',
      limit: pageSize,
    };
    let [after, last]: [string | undefined, string | undefined] = [undefined, undefined];
    do {
      const page: AuditPage | undefined = await find({ ...query, ...(after === undefined ? {} : { after }) });
      if (!page) return undefined;
      after = page.next;
      last = page.events.at(-1)?.time ?? last;
      await thread.ask({ events: page.events });
    } while (after !== undefined && performance.now() - began < budgetMs);
    const result = (await thread.ask({ end: true })).result!;
    const countedFrom = after === undefined ? {} : { countedFrom: last };
    const tested = tests === undefined ? {} : { tests };
    return {
      ...result,
      ...countedFrom,
      ...tested,
      warnings,
      lost: shorten(result.lost),
      gained: shorten(result.gained),
    };
  } catch (error) {
    if (gone.aborted) return undefined;
    throw error;
  } finally {
    clearTimeout(late);
    gone.removeEventListener('abort', stop);
    await thread.stop();
  }
}
