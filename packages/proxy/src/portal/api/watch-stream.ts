import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { watchAnswerSchema, type WatchLine, type WatchRequest } from '@sallyport/contracts';
import { callerHeader, encodeCaller, ProblemError, type Caller, type Logger } from '@sallyport/kit';
import { sealFor } from '@sallyport/recordings';
import type { Request, Response } from 'express';
import type { ApiResult, ApiWork } from '../calls/audited-call.ts';
import type { PortalDeps } from '../calls/portal-deps.ts';
import { readAnswer } from '../calls/read-body.ts';
import { notFound, type FindVisible } from './recordings.ts';

type Deps = Pick<PortalDeps, 'authorize' | 'recheckMs'>;

/** Every gateway has a second to answer. */
const timeoutMs = 4000;
/** The least time between two questions, and the most between two lines. */
const paceMs = 50;
const silenceMs = 5000;
/** A caller who lost the right sees at most what is shown within this time. */
const mostRecheckMs = 2000;
/** How long a watch goes on while the gateway with the stream does not answer, in milliseconds. */
const graceMs = 5000;
const clock = () => performance.now();

/** Reads the public key for which the caller wants what they watch to be sealed. */
function readRecipient({ query }: Request): string {
  const { recipient, ...rest } = query;
  try {
    if (typeof recipient !== 'string' || Object.keys(rest).length > 0) throw new Error('not one recipient');
    sealFor(recipient, Buffer.alloc(1));
    return recipient;
  } catch {
    throw new ProblemError('bad-request', 'Invalid query: a watch needs recipient, an X25519 public key of age.');
  }
}

/** Asks authorize about one open stream, wherever it is. */
function createAsk({ authorize }: Deps, stream: string, caller: Caller) {
  return async (watch?: WatchRequest['watch']) => {
    const body: WatchRequest = { stream, ...(watch && { watch }) };
    const headers = { [callerHeader]: encodeCaller(caller) };
    const answer = await authorize.request({ method: 'POST', path: '/v1/streams/watch', headers, body, timeoutMs });
    return readAnswer(watchAnswerSchema, answer, 'The stream', { code: 'service-unavailable' });
  };
}

const isRefusal = (error: unknown) =>
  error instanceof ProblemError && ['not-found', 'unauthenticated', 'forbidden'].includes(error.code);

type Watch = {
  ask(after?: number): Promise<NonNullable<Awaited<ReturnType<ReturnType<typeof createAsk>>>['watched']>>;
  /** Throws a refusal once the caller may not watch any more. */
  check(): Promise<unknown>;
  recheckMs: number;
  gone: AbortSignal;
};

/** Asks again and again what the session has shown. What the caller does not read in time is dropped at its gateway. */
async function* linesOf(first: number, { ask, check, recheckMs, gone }: Watch): AsyncGenerator<WatchLine> {
  let [after, answeredAt, checkedAt, saidAt] = [first, clock(), clock(), clock()];
  while (!gone.aborted) {
    try {
      if (clock() - checkedAt >= recheckMs) {
        await check();
        checkedAt = clock();
      }
      const { sealed, next, lost, isOver, isFull } = await ask(after);
      answeredAt = clock();
      after = isFull ? after : next;
      if (sealed !== undefined || lost > 0 || clock() - saidAt >= silenceMs) {
        yield { ...(sealed !== undefined && { sealed }), ...(lost > 0 && { lost }) };
        saidAt = clock();
      }
      if (isOver) return yield { end: 'over' };
    } catch (error) {
      if (isRefusal(error)) return yield { end: 'not-allowed' };
      if (clock() - answeredAt > graceMs) return yield { end: 'unavailable' };
    }
    await pause(paceMs);
  }
}

/**
 * Creates the call that shows a running recorded session to those who may see its recording. A stream that does not exist,
 * one that is not recorded, and one that the caller may not see are answered alike.
 */
export function createWatchStream(deps: Deps, visible: FindVisible): ApiWork {
  return async (request, caller, context): Promise<ApiResult> => {
    const recipient = readRecipient(request);
    const stream = String(request.params.id);
    const askAbout = createAsk(deps, stream, caller);
    const { row } = await askAbout().catch((error: unknown) =>
      Promise.reject(error instanceof ProblemError && error.code === 'not-found' ? notFound() : error),
    );
    if (row?.recording === undefined) throw notFound();
    const id = row.recording;
    const recording = await visible(id, request, caller, context);
    const gone = new AbortController();
    request.res?.once('close', () => gone.abort());
    const watcher = randomUUID();
    const ask: Watch['ask'] = async (after) => {
      const { watched } = await askAbout({
        watcher,
        proxy: row.proxy,
        recipient,
        ...(after !== undefined && { after }),
      });
      if (!watched) throw new ProblemError('service-unavailable', 'The gateway with the stream did not answer.');
      return watched;
    };
    const first = await ask();
    if (first.isFull)
      throw new ProblemError('too-many-requests', 'Too many people watch this session already. Try again later.');
    context.recordViewed({ recording, by: 'watch' });
    async function* lines(): AsyncGenerator<string> {
      const { sealed, next, isOver } = first;
      const head: WatchLine = { ...(sealed !== undefined && { sealed }), ...(isOver && { end: 'over' }) };
      yield `${JSON.stringify(head)}\n`;
      if (isOver) return;
      const recheckMs = Math.min(deps.recheckMs ?? mostRecheckMs, mostRecheckMs);
      const check = () => visible(id, request, caller, { ...context, recordDecision: () => {} });
      for await (const line of linesOf(next, { ask, check, recheckMs, gone: gone.signal }))
        yield `${JSON.stringify(line)}\n`;
    }
    return { status: 200, body: lines };
  };
}

/** Sends what is watched, line by line. */
export function sendWatched(logger: Logger): (response: Response, result: ApiResult) => void {
  return (response, { body }) => {
    response.set({ 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
    pipeline(Readable.from((body as () => AsyncGenerator<string>)(), { highWaterMark: 1 }), response).catch(
      (error: unknown) => logger.debug({ err: error }, 'a watch ended early'),
    );
  };
}
