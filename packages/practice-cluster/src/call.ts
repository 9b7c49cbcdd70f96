import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { RequestInfo, RequestTarget } from '@sallyport/kubernetes';
import type { Access } from './access/rbac.ts';
import type { User } from './access/user.ts';
import type { ObjectStore } from './store/object-store.ts';

/** What every step works on: the objects, the rules, the time and the identifiers to come. */
export type Cluster = {
  store: ObjectStore;
  access: Access;
  /** Milliseconds since the epoch. */
  clock: () => number;
  randomUUID: () => string;
  version: string;
  /** Aborted when the cluster closes; every open stream ends then. */
  closing: AbortSignal;
};

/** One request on its way. */
export type Call = {
  request: IncomingMessage;
  response: ServerResponse;
  target: RequestTarget;
  info: RequestInfo;
  user: User;
  /** Set if the client asked for another protocol; a stream takes the socket over. */
  upgrade?: { socket: Duplex; head: Buffer };
};

/** The present as Kubernetes writes it. */
export function timestamp(cluster: Pick<Cluster, 'clock'>): string {
  return `${new Date(cluster.clock()).toISOString().slice(0, 19)}Z`;
}

/** The first value of a query parameter; empty without it. */
export function parameter(call: Pick<Call, 'target'>, name: string): string {
  return call.target.query.get(name)?.[0] ?? '';
}
