import { whatIfRequestSchema } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import type { Express } from 'express';
import { z } from 'zod';
import type { EventStore } from '../events/event-store.ts';
import { createQueryLimiter, type QueryLimiter } from '../query/create-query-limiter.ts';
import { openQuery } from '../query/open-query.ts';
import { readWhatIfQuery } from '../query/read-audit-query.ts';
import { runWhatIf } from './run-what-if.ts';

const bodySchema = z.object({ asked: whatIfRequestSchema });
const message = 'Another policy of yours is being tried out. Wait until that is answered.';

/** Mounts `POST /v1/what-if`: what a policy would have decided. Each person tries out one at a time. */
export function mountWhatIf(
  app: Express,
  { events, limiter }: { events: Pick<EventStore, 'find'>; limiter: QueryLimiter },
): void {
  // A thread takes much memory, so there is one.
  const threads = createQueryLimiter({ concurrency: 1, perPerson: 1, message });
  app.post('/v1/what-if', async (request, response) => {
    const { only, person, search, run, body } = await openQuery(request, response, limiter);
    const query = readWhatIfQuery(search, Date.now());
    const { data } = bodySchema.safeParse(body);
    if (!data) throw new ProblemError('bad-request', 'The call has no policy.');
    if (only && !only.and?.clusters.includes(query.cluster))
      throw new ProblemError('forbidden', 'You may not see the trail of this cluster (api.policy.audit).');
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const find = (page: Parameters<typeof events.find>[0]) => run(() => events.find(page, only));
    const work = () => runWhatIf({ ...query, ...data.asked }, { find, gone: gone.signal });
    const result = await threads.run(person, work, () => response.destroyed);
    if (result) response.set('cache-control', 'no-store').json(result);
  });
}
