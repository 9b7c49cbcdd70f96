import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AuditTicket } from '@sallyport/audit-log';
import type { Check, CheckAnswer } from '@sallyport/contracts';
import type { RosterPlace, Span } from '@sallyport/kit';
import type { RequestInfo, StreamKind, StreamObserver } from '@sallyport/kubernetes';
import type { ReadHeaders } from '../headers/read-headers.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { ClientRequest, ClientResponse } from './client-message.ts';
import type { SessionCopy } from './session-copy.ts';
import type { SessionRecording } from './session-recording.ts';
import type { WebRoute } from './web-route.ts';

/**
 * What every request has on its way through the gateway, whichever road it takes. Each step of a road fills in its part.
 * A request with a missing part goes no further.
 */
type ExchangeParts = {
  readonly request: ClientRequest;
  readonly response: ClientResponse;
  /** Set for an upgrade, such as exec or a WebSocket. */
  readonly upgrade: Upgrade | undefined;
  /** What of the client's connection is this exchange's own: the socket, or the response where others share the socket. */
  readonly connection: Pick<Duplex, 'destroy' | 'destroyed'>;
  /** Whether the client waits for `100 Continue`, which is sent before the body is read. */
  readonly expectsContinue: boolean;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  /** The same moment in milliseconds of the monotonic clock. */
  readonly startedAt: number;
  /** Another one from the moment at which the request is recorded, if one was reserved for it. Nothing has shown it before. */
  auditId: string;
  readonly clientAddress: string;
  /** The span of the request, if it is traced. */
  readonly span: Span | undefined;

  headers: ReadHeaders | undefined;
  /** The origin-form that goes upstream, byte for byte what was authorized. */
  rawTarget: string;
  /** SHA-256 of the user's token. The token itself is dropped where it is read. */
  tokenHash: string | undefined;
  /** The token itself if it may be that of a workload, until authorize has answered. */
  workloadToken: string | undefined;
  /** What authorize was asked. A stream is rechecked with it. */
  check: Check | undefined;
  /** How many changes had been received when authorize was asked. */
  changesSeen: number;
  answer: CheckAnswer | undefined;
  /** Its place among the requests in flight. Undefined for streams. */
  counted: InFlight | undefined;
  /** The entry in the registry of open streams. A plain request gets one once it has run for long. */
  stream: OpenStream | undefined;
  /** Ends the exchange, whatever stage it is in. Set once anything has gone upstream. */
  cutter: EndExchange | undefined;
  /** Watches what flows through an exec, attach or port-forward. */
  observer: StreamObserver | undefined;
  /** The recording of an exec or attach, or the gap in place of one. */
  recording: SessionRecording | undefined;
  /** Reads along what an exec of `kubectl cp` copies. */
  copy: SessionCopy | undefined;
  /** The header lines that go upstream, flat: name, value, name, value. */
  upstreamHeaders: string[];
  /** `deferred`: a plain read went upstream, and its only event is written when its response is there. */
  audited: 'nothing' | 'deferred' | 'received' | 'complete';
  /** With a spool: the event that must be in its file before the response begins. */
  ticket: AuditTicket | 'nothing';
  /**
   * Set while the response to a deferred request is held until it is whole. Not a function that is made for each exchange:
   * with one, V8 moved nearly every exchange into the old generation, where it cost a full collection.
   */
  heldResponse: { release(): void } | undefined;
  statusCode: number;
  statusReason: string | undefined;
  statusMessage: string | undefined;
  bytesIn: number;
  bytesOut: number;
  upstreamStartedAt: number;
  /** The span of the request to the cluster or the application, as a part of `span`. */
  upstreamSpan: Span | undefined;
};

/** The socket of an upgrade, and what the client sent after the request head. */
export type Upgrade = {
  socket: Duplex;
  head: Buffer;
  /** Takes the socket from the response, for what follows a 101. */
  detach(): void;
};

/** A request to a cluster. */
export type ClusterExchange = ExchangeParts & {
  readonly kind: 'cluster';
  /** The cluster that the address names, whether it is known or not. */
  clusterName: string;
  upstream: Upstream | undefined;
  asked: RequestInfo | undefined;
  /** The origin of the web application that sends the request for its user. */
  application: string | undefined;
};

/** A request to a web application. */
export type WebExchange = ExchangeParts & {
  readonly kind: 'application';
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly upstream: WebRoute;
  asked: WebRequest | undefined;
};

/**
 * One request on its way through the gateway. Of what `asked` and `upstream` have, some is common to both kinds, and that
 * is all that code for both needs.
 */
export type Exchange = ClusterExchange | WebExchange;

/** What is known of a request to a web application before it is forwarded. */
type WebRequest = {
  /** The method. */
  verb: string;
  /** The path as policies see it: with every escape decoded, but for slashes where the route allows them. */
  path: string;
  stream: 'websocket' | undefined;
  /** Whether it is a WebSocket. */
  longRunning: boolean;
  /** Whether a browser opens a page, so that a login can be begun. */
  isNavigation: boolean;
  /** Whether the client shows HTML. */
  acceptsPage: boolean;
  /** How the credential came. Undefined before it is read. */
  carrier: 'cookie' | 'bearer' | undefined;
};

/** An exchange whose headers and target have been read. */
export type Read<E extends Exchange> = E & { headers: ReadHeaders; asked: NonNullable<E['asked']> };

/** An exchange that authorize has allowed. */
export type Allowed<E extends Exchange> = Read<E> & {
  check: Check;
  answer: CheckAnswer;
  upstream: NonNullable<E['upstream']>;
};

export type AllowedExchange = Allowed<ClusterExchange> | Allowed<WebExchange>;

export function isRead<E extends Exchange>(exchange: E): exchange is Read<E> {
  return exchange.headers !== undefined && exchange.asked !== undefined;
}

export function isAllowed<E extends Exchange>(exchange: E): exchange is Allowed<E> {
  const { check, answer, upstream } = exchange;
  return isRead(exchange) && check !== undefined && answer?.decision.effect === 'allow' && upstream !== undefined;
}

/** Reports whether a request to a web application may change something. A WebSocket can carry anything. */
export function isWebWrite({ request, upgrade }: Pick<WebExchange, 'request' | 'upgrade'>): boolean {
  const { method } = request;
  return upgrade !== undefined || (method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS');
}

/**
 * A step of a road. Throws a ProblemError to refuse. Returns a promise only when it has to wait, so that quick steps cost
 * no turn of the event loop.
 */
export type Step<E = Exchange> = (exchange: E) => void | Promise<void>;

/** How many requests of one user are in flight on this gateway. */
export type UserInFlight = { count: number };

/** A request in flight: the count of its user, which includes it, and its place. */
type InFlight = { user: UserInFlight | undefined; place: RosterPlace<AllowedExchange> };

/**
 * `websocket`: an upgraded request to a web application. `request`: a request that is not a stream by its address, but
 * has run for long.
 */
export type OpenStreamKind = StreamKind | 'websocket' | 'request';

/**
 * An exchange that stays open. A stream is registered before anything goes upstream, a `request` once it has run for
 * long. Both stay registered until the last byte.
 */
export type OpenStream = {
  readonly id: string;
  readonly kind: OpenStreamKind;
  readonly exchange: AllowedExchange;
  /** Milliseconds since the epoch. */
  readonly openedAt: number;
  /** When it must be rechecked at the latest. */
  dueAt: number;
  /** The elevations that it uses. */
  elevations: NonNullable<CheckAnswer['elevations']>;
  /** Since when authorize could not be reached about it. */
  uncheckedSince: number | undefined;
  rechecking: boolean;
  /** Whether its response has begun. */
  answered: boolean;
  end: StreamEnd | undefined;
};

/**
 * Why the gateway ended a stream. `authorize-unavailable`: authorize could not be reached for longer than the grace
 * period. `ended-by-user`: its owner ended it, or someone who may end the streams of others. `recording-lost`: it had to
 * be recorded, and could not be any more.
 */
export const streamEndReasons = [
  'session-ended',
  'not-allowed',
  'authorize-unavailable',
  'ended-by-user',
  'recording-lost',
  'draining',
] as const;

export type StreamEnd = {
  reason: (typeof streamEndReasons)[number];
  code:
    | 'unauthenticated'
    | 'forbidden'
    | 'authorize-unavailable'
    | 'not-recordable'
    | 'recording-unavailable'
    | 'service-unavailable';
  detail: string;
  rule?: string;
};

/** Ends an exchange for a reason, in the way that fits how far it has come. */
export type EndExchange = (end: StreamEnd) => void;
