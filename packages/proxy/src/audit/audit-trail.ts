import type { AuditConfig, AuditRecord, AuditStage, SallyportPart } from '@sallyport/contracts';
import {
  auditKey,
  createCallerTexts,
  DraftInParts,
  joinDraft,
  type AuditEventDraft,
  type AuditSink,
} from '@sallyport/audit-log';
import { ProblemError } from '@sallyport/kit';
import { isSecretRead, isWrite, isShellRequest } from '@sallyport/kubernetes';
import { describeCopy } from './describe-copy.ts';
import { describeEvent } from './describe-event.ts';
import { describeWebEvent, fitsWebEvent } from './describe-web-event.ts';
import { fitsEvent, mustRecordAll } from './describe-request.ts';
import { isPlainRead } from './plain-read.ts';
import type { RecordedSession } from './recording-events.ts';
import type { ReservedIds } from './reserved-ids.ts';
import { createHiddenText, ownerOf, type HiddenText, type HideFor } from './hidden-text.ts';
import {
  type Allowed,
  type AllowedExchange,
  type ClusterExchange,
  type Exchange,
  isWebWrite,
  type Step,
  type WebExchange,
} from '../exchange/exchange.ts';

type RequestEventType = 'k8s.request' | 'http.request';
type StreamEventType = 'stream.opened' | 'stream.cut' | 'stream.closed';

/** What the event of a stream has in addition to those of its request. */
type StreamParts = Pick<SallyportPart, 'stream' | 'portForward' | 'recording'>;

export type AuditTrail = {
  /** The first step. Refuses when not even the end of a request could be recorded. */
  open: Step;
  /** The step that records a request before it goes upstream. */
  commit: Step<AllowedExchange>;
  /**
   * Only with a spool: returns undefined if the event of the request is recorded as far as the response needs it, or a
   * promise. Nothing of a response may be sent before. Rejects with `audit-unavailable`.
   */
  written: ((exchange: AllowedExchange) => Promise<void> | undefined) | undefined;
  /**
   * Records the beginning of a deferred request, because its end is not near. Does nothing about any other request.
   */
  begun(exchange: Exchange): void;
  /** Records the head of a long response. */
  answered(exchange: Exchange): void;
  /** Records what happens to a stream, in addition to the stages of its request. */
  stream(exchange: Exchange, type: StreamEventType, part: StreamParts): void;
  /** Describes a session that is recorded, for the events of its recording. */
  session(exchange: Exchange): RecordedSession;
  /** Records the end, whatever it was, at most once. */
  closed(exchange: Exchange): void;
};

type AuditTrailDeps = {
  sink: AuditSink;
  settings: Pick<AuditConfig, 'whenUnavailable' | 'execCommand' | 'omitStages'>;
  ids: Pick<ReservedIds, 'take'>;
  /** The key for hashes of exec commands, where these are not recorded in clear. */
  hashKey: Buffer;
  microTime(epochMs: number): string;
  createRecord(about: {
    type: RequestEventType | StreamEventType;
    source: string;
    key: string;
    data: AuditEventDraft | DraftInParts;
  }): AuditRecord;
};

/** What must happen to the event of a request before the request goes upstream. What is `kept` is in the spool's file. */
type Wait = 'acknowledged' | 'kept' | 'nothing';

/** What differs between the events of requests to clusters and to web applications. */
type EventKind<E extends Exchange> = {
  type: RequestEventType;
  describe: typeof describeEvent extends (exchange: never, ...rest: infer Rest) => infer Draft
    ? (exchange: E, ...rest: Rest) => Draft
    : never;
  /** A part of the key. The name of an unknown cluster is the client's invention, and not used. */
  target(exchange: E): string | undefined;
  /** Refuses a request whose event could not have all that it must have. */
  refuseUnlessFits(exchange: Allowed<E>, hidden: HiddenText): void;
  waitFor(exchange: Allowed<E>, when: AuditConfig['whenUnavailable']): Wait;
  /**
   * Gives a request that waits for nothing a reserved ID, if there is one. `plain`: it has one, and its event may be
   * deferred. `unknown`: it has none, so that only its event shows that a request in the log of the cluster is ours.
   */
  reserve(exchange: Allowed<E>, ids: Pick<ReservedIds, 'take'>): 'plain' | 'known' | 'unknown';
};

const ofCluster: EventKind<ClusterExchange> = {
  type: 'k8s.request',
  describe: describeEvent,
  target: ({ upstream }) => upstream?.name,
  refuseUnlessFits({ asked: kube, rawTarget }, hidden) {
    if (mustRecordAll(kube) && !fitsEvent({ method: kube.method, rawTarget, kube }, hidden))
      throw new ProblemError('uri-too-long', 'The request target is longer than the audit log can record.');
  },
  // A request can belong to several classes, and the strictest one decides.
  waitFor({ asked: kube }, when) {
    const shell = isShellRequest(kube);
    const secret = isSecretRead(kube);
    const write = !shell && isWrite(kube);
    if (
      (shell && when.exec === 'refuse') ||
      (secret && when.secretRead === 'refuse') ||
      (write && when.write === 'refuse')
    )
      return 'acknowledged';
    if (shell || secret || write) return 'kept';
    return when.read === 'refuse' ? 'acknowledged' : 'nothing';
  },
  reserve(exchange, ids) {
    const id = ids.take(exchange.upstream.name);
    if (id === undefined) return 'unknown';
    exchange.auditId = id;
    return isPlainRead(exchange) ? 'plain' : 'known';
  },
};

const ofApplication: EventKind<WebExchange> = {
  type: 'http.request',
  describe: describeWebEvent,
  target: ({ upstream }) => upstream.host,
  refuseUnlessFits(exchange) {
    if (isWebWrite(exchange) && !fitsWebEvent(exchange.rawTarget))
      throw new ProblemError('uri-too-long', 'The path is longer than the audit log can record.');
  },
  waitFor(exchange, when) {
    if (isWebWrite(exchange)) return when.write === 'refuse' ? 'acknowledged' : 'kept';
    return when.read === 'refuse' ? 'acknowledged' : 'nothing';
  },
  // An application has no log that would show what a killed gateway did not record, and its responses may never end.
  reserve: () => 'known',
};

const kindOf = ({ kind }: Exchange) => (kind === 'cluster' ? ofCluster : ofApplication) as EventKind<Exchange>;

/** Creates the check that the audit log has room for events. Throws `audit-unavailable`. */
export const createRequireRoom = (sink: Pick<AuditSink, 'hasRoom'>) => (): void => {
  if (!sink.hasRoom())
    throw new ProblemError(
      'audit-unavailable',
      'The audit log cannot be written, so the gateway refuses all requests. Try again shortly.',
    );
};

/** Creates the function that describes one stage of an exchange. */
const createDescribeStage =
  ({ microTime }: AuditTrailDeps, hideFor: HideFor) =>
  (exchange: Exchange, stage: AuditStage, at: number) => {
    const times = { received: microTime(exchange.receivedAt), stage: microTime(at) };
    const kind = kindOf(exchange);
    const hidden = hideFor(ownerOf(exchange.answer?.identity, exchange.auditId));
    return {
      kind,
      key: auditKey(kind.target(exchange), exchange.answer?.session?.id),
      draft: kind.describe(exchange, stage, times, { hidden }),
      hidden,
    };
  };

/** Creates the function that builds the event of one stage. */
function createStageRecord(deps: AuditTrailDeps, describeStage: ReturnType<typeof createDescribeStage>) {
  const texts = createCallerTexts();
  return (
    exchange: Exchange,
    stage: AuditStage,
    {
      type,
      at = Date.now(),
      more,
    }: {
      type?: RequestEventType | StreamEventType;
      at?: number;
      more?: StreamParts;
    } = {},
  ) => {
    const { kind, key, draft, hidden } = describeStage(exchange, stage, at);
    const copy = type === 'stream.closed' ? describeCopy(exchange, hidden) : undefined;
    if (more) Object.assign(draft.request.sallyport, copy && { copy }, more);
    const session = exchange.upstream && exchange.answer?.session;
    // Otherwise a client could make up any number of sessions or clusters, and each would have a text.
    const isUsual = session && more?.recording === undefined && copy === undefined;
    const data = isUsual ? new DraftInParts(texts, session.id, draft) : joinDraft(draft);
    return deps.createRecord({ type: type ?? kind.type, source: 'sallyport/proxy', key, data });
  };
}

/** Returns when a request went upstream, in milliseconds since the epoch. */
const sentAt = ({ receivedAt, startedAt, upstreamStartedAt }: Exchange) => receivedAt + (upstreamStartedAt - startedAt);

/**
 * Creates the audit trail of both roads: one event before anything goes upstream, one when a long response begins, one
 * at the end. A refused request has only the last one, and so has a plain read whose whole response is there soon (ADR
 * 114): it is written before anything of the response is sent. By a setting, all requests have the first one that may, or
 * none that need not.
 */
export function createAuditTrail(deps: AuditTrailDeps): AuditTrail {
  const { written } = deps.sink;
  const { omitStages } = deps.settings;
  const hideFor = createHiddenText(deps.settings.execCommand, deps.hashKey);
  const describeStage = createDescribeStage(deps, hideFor);
  const record = createStageRecord(deps, describeStage);
  const omitsBegin = omitStages?.includes('RequestReceived') === true;
  const enqueue = (exchange: Exchange, event: AuditRecord) => {
    const ticket = deps.sink.enqueue(event);
    if (written) exchange.ticket = ticket;
  };
  return {
    open: createRequireRoom(deps.sink),
    commit(exchange) {
      const kind = kindOf(exchange);
      kind.refuseUnlessFits(exchange, hideFor(''));
      exchange.audited = 'received';
      const how = kind.waitFor(exchange, deps.settings.whenUnavailable);
      if (how === 'kept' && deps.sink.keep) return deps.sink.keep(record(exchange, 'RequestReceived'));
      if (how === 'acknowledged') return deps.sink.publish(record(exchange, 'RequestReceived'));
      const id = how === 'nothing' ? kind.reserve(exchange, deps.ids) : 'known';
      if (how === 'nothing' && omitsBegin) return;
      // A stream already: the request waited for long, and is recorded as one that goes on for long.
      if (id === 'plain' && omitStages === undefined && exchange.stream === undefined) {
        exchange.audited = 'deferred';
        return;
      }
      if (id === 'unknown' && written) return written(deps.sink.enqueue(record(exchange, 'RequestReceived')));
      // Nothing waits for this event, so it is built after the request was sent. The remaining steps run before any
      // microtask.
      const at = Date.now();
      if (written) exchange.ticket = undefined;
      queueMicrotask(() => enqueue(exchange, record(exchange, 'RequestReceived', { at })));
    },
    written: written && (({ ticket }) => (ticket === 'nothing' ? undefined : written(ticket))),
    begun(exchange) {
      if (exchange.audited !== 'deferred') return;
      exchange.audited = 'received';
      enqueue(exchange, record(exchange, 'RequestReceived', { at: sentAt(exchange) }));
      exchange.heldResponse?.release();
    },
    answered(exchange) {
      deps.sink.enqueue(record(exchange, 'ResponseStarted'));
    },
    stream(exchange, type, part) {
      deps.sink.enqueue(
        record(exchange, type === 'stream.closed' ? 'ResponseComplete' : 'ResponseStarted', { type, more: part }),
      );
    },
    session(exchange) {
      const { key, draft } = describeStage(exchange, 'ResponseStarted', Date.now());
      // It may not have a response yet.
      draft.request.responseStatus = undefined;
      const { stream } = exchange;
      if (stream) draft.request.sallyport.stream = { id: stream.id, kind: stream.kind };
      return { key, data: joinDraft(draft) };
    },
    closed(exchange) {
      if (exchange.audited === 'complete') return;
      exchange.audited = 'complete';
      const { stream } = exchange;
      const more = stream?.end && {
        stream: { detail: stream.end.detail, id: stream.id, kind: stream.kind, reason: stream.end.reason },
      };
      enqueue(exchange, record(exchange, 'ResponseComplete', more ? { more } : {}));
      // An event that was lost was none: what then happens to the request is recorded instead.
      if (written && exchange.ticket === undefined && exchange.heldResponse) exchange.audited = 'received';
    },
  };
}
