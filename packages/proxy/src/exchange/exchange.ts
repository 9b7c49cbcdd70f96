import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Check, CheckAnswer } from '@sallyport/contracts';
import type { RequestInfo, StreamObserver } from '@sallyport/kubernetes';
import type { ReadHeaders } from '../headers/read-headers.ts';
import type { PersonInFlight } from '../streams/in-flight.ts';
import type { OpenStream, StreamEnd } from '../streams/open-stream.ts';
import type { Upstream } from '../upstream/upstream.ts';

/**
 * One request on its way through the gateway. Each step of the table in gateway.ts fills in its part; what is not
 * filled in does not go on.
 */
export type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /**
   * Present for an upgrade (exec, attach, port-forward): the socket, and what the client already sent behind its head.
   */
  readonly upgrade: { socket: Duplex; head: Buffer } | undefined;
  /** Taken from the request at once: undici takes it away from one whose body it stops sending on. */
  readonly connection: Duplex;
  /** Sent before the body is read, when the client waits for `100 Continue`. */
  readonly expectsContinue: boolean;
  /** Milliseconds since the epoch, and of the monotonic clock. */
  readonly receivedAt: number;
  readonly startedAt: number;
  readonly auditId: string;
  readonly clientAddress: string;

  headers: ReadHeaders | undefined;
  /**
   * The cluster the address names, known or not; `rawTarget` is the origin-form that goes upstream, byte for byte what
   * was judged.
   */
  clusterName: string;
  rawTarget: string;
  upstream: Upstream | undefined;
  kube: RequestInfo | undefined;
  /** SHA-256 of the person's token; the token itself is dropped where it is read. */
  tokenHash: string | undefined;
  /** What authorize was asked, and how many changes had been heard of by then: a stream is asked about again. */
  check: Check | undefined;
  changesSeen: number;
  answer: CheckAnswer | undefined;
  /** Its place among the requests of its person that are under way; a stream has none. */
  counted: PersonInFlight | undefined;
  /** Its place among the open streams: of what stays open at once, of any other when it has been under way for long. */
  stream: OpenStream | undefined;
  /** Ends it for a reason, as far as it has come; set once anything has gone upstream. */
  cutter: ((end: StreamEnd) => void) | undefined;
  /** Watches what flows through an exec, attach or port-forward. */
  observer: StreamObserver | undefined;
  /** The header lines that go upstream, flat: name, value, name, value. */
  upstreamHeaders: string[];
  audited: 'nothing' | 'received' | 'complete';
  statusCode: number;
  statusReason: string | undefined;
  statusMessage: string | undefined;
  bytesIn: number;
  bytesOut: number;
  upstreamStartedAt: number;
};

/**
 * A step: throws a ProblemError to refuse; returns a promise only when it has to wait, so that the quick ones cost no
 * turn of the event loop.
 */
export type Step = (exchange: Exchange) => void | Promise<void>;
