import { isDeepStrictEqual } from 'node:util';
import { pipeline } from 'node:stream/promises';
import {
  callerHeader,
  encodeCaller,
  parseJson,
  ProblemError,
  readProblem,
  type Caller,
  type Logger,
} from '@sallyport/kit';
import type { Request, Response } from 'express';
import type { ApiContext, ApiResult } from '../calls/audited-call.ts';
import { findAuditView } from './find-audit-view.ts';
import type { PortalDeps } from '../calls/portal-deps.ts';
import { searchOf } from '../calls/read-body.ts';
import { watchRight } from '../calls/watch-right.ts';

type Deps = Pick<PortalDeps, 'audit' | 'authorize' | 'logger' | 'recheckMs'>;
type StreamKind = 'export' | 'tail';

/** A long answer of the audit service, and when it must end although more would come. */
type OpenAnswer = {
  body: AsyncIterable<Buffer> & { destroy(error?: Error): void };
  type: string;
  watch(end: (reason: string) => void): () => void;
};

const maxProblemBytes = 64 * 1024;
const startMs = 15_000;
/** Returns the type of the answer, which follows from the request. */
function typeOf(kind: StreamKind, request: Request): string {
  if (kind === 'tail') return 'text/event-stream';
  return request.query['format'] === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/x-ndjson';
}

/** Reads the problem with which the audit service answers a call that opens a long answer. */
export async function readRefusal(body: AsyncIterable<Buffer>): Promise<ProblemError> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxProblemBytes) break;
    chunks.push(chunk);
  }
  return (
    readProblem(parseJson(Buffer.concat(chunks).toString('utf8'))) ??
    new ProblemError('service-unavailable', 'The service audit is not responding.')
  );
}

/** Creates the work of a call that opens a long answer of the audit service. */
export function openAuditStream(deps: Deps, kind: StreamKind) {
  return async (request: Request, caller: Caller, context: ApiContext): Promise<ApiResult> => {
    const { view, decision } = await findAuditView(deps, request, context);
    if (decision) context.recordDecision(decision);
    const lastId = request.headers['last-event-id'];
    const search = new URLSearchParams(searchOf(request));
    // A browser continues with this header, from a place that is newer than that of the address.
    if (kind === 'tail' && typeof lastId === 'string' && lastId !== '') search.set('after', lastId);
    const gone = new AbortController();
    request.res?.once('close', () => gone.abort(new Error('the client is gone')));
    const late = setTimeout(() => gone.abort(new Error('no answer in time')), startMs);
    const { status, body } = await deps.audit
      .stream(
        {
          method: 'POST',
          path: `/v1/events/${kind}?${search.toString()}`,
          headers: { [callerHeader]: encodeCaller(caller) },
          body: { view },
        },
        gone.signal,
      )
      .finally(() => clearTimeout(late));
    if (status >= 400) throw await readRefusal(body);
    const check = async () => {
      const now = await findAuditView(deps, request, context);
      return isDeepStrictEqual(now.view, view) ? undefined : 'not-allowed';
    };
    const answer: OpenAnswer = {
      body,
      type: typeOf(kind, request),
      watch: (end) => watchRight(check, end, deps.recheckMs).stop,
    };
    return { status: 200, body: answer };
  };
}

/** Sends a long answer as it arrives, and ends it when the caller's right to it ends. */
export function sendAuditStream(logger: Logger): (response: Response, result: ApiResult) => void {
  return (response, { body: answer }) => {
    const { body, type, watch } = answer as OpenAnswer;
    response.set('content-type', type);
    response.flushHeaders();
    const stop = watch((reason) => {
      stop();
      if (response.destroyed || response.writableEnded) return;
      if (type.startsWith('text/event-stream')) response.end(`event: end\ndata: ${JSON.stringify({ reason })}\n\n`);
      // An export that ends early must not look complete, so its connection is cut.
      else body.destroy(new Error(reason));
    });
    pipeline(body, response)
      .catch((error: unknown) => logger.debug({ err: error }, 'an answer from the audit trail ended early'))
      .finally(stop);
  };
}
