import { pipeline } from 'node:stream/promises';
import {
  checkResponseSchema,
  recordingPageSchema,
  recordingQuerySchema,
  recordingSchema,
  type Check,
  type Decision,
  type KubernetesAttributes,
  type RecordingList,
  type RecordingRow,
} from '@sallyport/contracts';
import { recordingViewers } from '@sallyport/contracts/api';
import {
  callerHeader,
  createExpiringCache,
  encodeCaller,
  ProblemError,
  type Caller,
  type Logger,
} from '@sallyport/kit';
import { isRecordingFile, isRecordingId } from '@sallyport/recordings/store';
import type { Request, Response } from 'express';
import { requestFacts } from '../../authorize/describe-check.ts';
import type { ApiContext, ApiResult, ApiWork } from '../calls/audited-call.ts';
import type { PortalDeps } from '../calls/portal-deps.ts';
import { readAnswer, searchOf } from '../calls/read-body.ts';
import { readRefusal } from './audit-stream.ts';

type Deps = Pick<PortalDeps, 'audit' | 'authorize'> & { clock?: () => number };

/** A file that the audit service sends. `noted` is called once the event of the view is recorded. */
type OpenFile = { body: AsyncIterable<Buffer>; noted(): void };

const timeoutMs = 5000;
/** How long the store may take to begin with a file. */
const fileMs = 15_000;
/** Whoever reads a recording file by file is noted once in this time. */
const viewMs = 600_000;
const mostViews = 10_000;
/** A list asks for so many at a time, and reads at most so many pages before it answers. */
const pageSize = 200;
const mostPages = 10;
/** What the hash of a word of a command begins with. */
const hashPrefix = 'hmac-sha256:';
const viewers: readonly string[] = recordingViewers;

/** Recordings that do not exist and those that the caller may not see are answered alike. */
export const notFound = (): ProblemError =>
  new ProblemError('not-found', 'There is no such recording, or you may not see it.');
const readProblem = 'The recordings';

/**
 * Returns the request that opened the session. An exec whose command is not known, or only as hashes, has no command that a
 * policy could take for none. The kind of a session through a kubelet does not say whether it is an exec.
 */
function attributesOf(recording: RecordingRow): KubernetesAttributes {
  const { resource, kind, namespace, name, container, command = [], tty } = recording;
  const isKnown = kind === 'attach' || (command.length > 0 && !command.some((word) => word.startsWith(hashPrefix)));
  return {
    verb: 'create',
    requestVerb: 'create',
    isResourceRequest: true,
    path: '',
    apiGroup: '',
    apiVersion: 'v1',
    resource,
    subresource: resource === 'nodes' ? 'proxy' : kind,
    namespace,
    name,
    namespaced: resource !== 'nodes',
    aggregated: false,
    ...(isKnown ? { exec: { container: container ?? '', command, tty: tty ?? false, stdin: false } } : {}),
  };
}

/** Asks authorize which of these recordings the caller may see. */
async function decisionsFor(
  recordings: readonly RecordingRow[],
  { authorize }: Deps,
  request: Request,
  { credential, clientAddress }: ApiContext,
): Promise<Decision[]> {
  if (recordings.length === 0) return [];
  const checks = recordings.map((recording): Check => ({
    credential: { kind: 'token', hash: credential.hash },
    target: { kind: 'api', area: 'recordings', cluster: recording.cluster },
    request: requestFacts(request, clientAddress),
    kubernetes: attributesOf(recording),
  }));
  const answer = await authorize.request({ method: 'POST', path: '/v1/check', body: { checks }, timeoutMs });
  const isWhole = ({ answers }: { answers: unknown[] }) => answers.length === checks.length;
  return readAnswer(checkResponseSchema, answer, 'What you may see', { isWhole }).answers.map(
    ({ decision }) => decision,
  );
}

/** Throws `not-found` unless the caller may see the recording. */
async function requireVisible(
  recording: RecordingRow,
  deps: Deps,
  request: Request,
  context: ApiContext,
): Promise<void> {
  const [decision] = await decisionsFor([recording], deps, request, context);
  if (decision?.effect !== 'allow') throw notFound();
  context.recordDecision(decision);
}

function readListQuery(request: Request) {
  const search = new URLSearchParams(searchOf(request));
  const query = recordingQuerySchema.safeParse(Object.fromEntries(search));
  if (query.success && [...search].length === new Set(search.keys()).size) return { search, ...query.data };
  throw new ProblemError(
    'bad-request',
    'Invalid query: a list of recordings accepts cluster, namespace, name, user, since, until, after and limit (1 to 200), once each.',
  );
}

/** Reads who says that they view a recording. */
function readViewer(request: Request): string | undefined {
  const { by, ...rest } = request.query;
  if (Object.keys(rest).length === 0 && (by === undefined || viewers.includes(by as string))) return by as string;
  throw new ProblemError(
    'bad-request',
    `Invalid query: a file accepts only by, which is one of ${viewers.join(', ')}.`,
  );
}

/** Returns a problem of the audit service. One that was not found is answered like one that the caller may not see. */
function toRefusal(error: unknown): unknown {
  return error instanceof ProblemError && error.code === 'not-found' ? notFound() : error;
}

/** Returns a recording that the caller may see. Throws `not-found` otherwise. */
export type FindVisible = (id: string, request: Request, caller: Caller, context: ApiContext) => Promise<RecordingRow>;

/** Creates the calls about recordings. Those that `api.policy.recordings` does not let the caller see do not exist for them. */
export function createRecordings(deps: Deps): { list: ApiWork; show: ApiWork; file: ApiWork; visible: FindVisible } {
  const { audit, clock = () => performance.now() } = deps;
  const views = createExpiringCache<string>({ max: mostViews, clock });
  const known = createExpiringCache<RecordingRow>({ max: mostViews, clock });
  const named = (caller: Caller) => ({ [callerHeader]: encodeCaller(caller) });

  const ask = async (id: string, caller: Caller) => {
    if (!isRecordingId(id)) throw notFound();
    const path = `/v1/recordings/${id}`;
    const answer = await audit
      .request({ method: 'GET', path, headers: named(caller), timeoutMs })
      .catch((error: unknown) => Promise.reject(toRefusal(error)));
    return readAnswer(recordingSchema, answer, readProblem, { code: 'service-unavailable' });
  };
  /** Which session was recorded does not change, so it is asked for once, and not for each file. */
  const rowOf = async (id: string, caller: Caller) => {
    const row = known.get(id) ?? (await ask(id, caller)).recording;
    known.set(id, row, viewMs);
    return row;
  };

  const visible: FindVisible = async (id, request, caller, context) => {
    const recording = await rowOf(id, caller);
    await requireVisible(recording, deps, request, context);
    return recording;
  };

  const list: ApiWork = async (request, caller, context) => {
    const { search, limit, after } = readListQuery(request);
    const shown: RecordingRow[] = [];
    search.set('limit', String(pageSize));
    let next = after;
    for (let pages = 0; pages < mostPages; pages += 1) {
      if (next !== undefined) search.set('after', next);
      const path = `/v1/recordings?${search.toString()}`;
      const answer = await audit.request({ method: 'GET', path, headers: named(caller), timeoutMs });
      const { found, more } = readAnswer(recordingPageSchema, answer, readProblem, { code: 'service-unavailable' });
      const rows = found.map(({ recording }) => recording);
      const decisions = await decisionsFor(rows, deps, request, context);
      for (const [index, { recording, at }] of found.entries()) {
        next = at;
        if (decisions[index]!.effect !== 'allow') continue;
        if (shown.length === 0) context.recordDecision(decisions[index]!);
        shown.push(recording);
        if (shown.length < limit) continue;
        const isLast = index === found.length - 1 && !more;
        return { status: 200, body: { recordings: shown, ...(isLast ? {} : { next }) } satisfies RecordingList };
      }
      if (!more || found.length === 0) return { status: 200, body: { recordings: shown } satisfies RecordingList };
    }
    return {
      status: 200,
      body: { recordings: shown, ...(next === undefined ? {} : { next }) } satisfies RecordingList,
    };
  };

  const show: ApiWork = async (request, caller, context) => {
    const found = await ask(String(request.params.id), caller);
    await requireVisible(found.recording, deps, request, context);
    return { status: 200, body: found };
  };

  const file: ApiWork = async (request, caller, context): Promise<ApiResult> => {
    const [id, name] = [String(request.params.id), String(request.params.name)];
    const by = readViewer(request);
    const recording = await visible(id, request, caller, context);
    if (!isRecordingFile(name)) throw notFound();
    const gone = new AbortController();
    request.res?.once('close', () => gone.abort(new Error('the client is gone')));
    const late = setTimeout(() => gone.abort(new Error('no answer in time')), fileMs);
    const { status, body } = await audit
      .stream({ method: 'GET', path: `/v1/recordings/${id}/files/${name}`, headers: named(caller) }, gone.signal)
      .finally(() => clearTimeout(late));
    if (status >= 400) throw await readRefusal(body);
    const view = JSON.stringify([caller.session.id, id, by]);
    if (views.get(view) === undefined) context.recordViewed({ recording, by });
    const opened: OpenFile = { body, noted: () => views.set(view, 'viewed', viewMs) };
    return { status: 200, body: opened };
  };
  return { list, show, file, visible };
}

/** Sends a file of a recording as it arrives. One that breaks off is cut, so that it does not look whole. */
export function sendRecordingFile(logger: Logger): (response: Response, result: ApiResult) => void {
  return (response, { body: opened }) => {
    const { body, noted } = opened as OpenFile;
    noted();
    response.set({ 'content-type': 'application/octet-stream', 'cache-control': 'no-store' });
    pipeline(body, response).catch((error: unknown) =>
      logger.debug({ err: error }, 'a file of a recording was not sent to its end'),
    );
  };
}
