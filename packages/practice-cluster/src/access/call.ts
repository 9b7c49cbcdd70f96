import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { isApiTrue, type RequestInfo, type RequestTarget, type Status } from '@sallyport/kubernetes';
import type { ObjectStore } from '../store/object-store.ts';
import type { AccountTokens } from './account-tokens.ts';
import type { Access } from './rbac.ts';
import type { User } from './user.ts';

/** The state of the cluster: its objects, its rules, its clock and its source of identifiers. */
export type Cluster = {
  store: ObjectStore;
  access: Access;
  tokens: AccountTokens;
  /** Milliseconds since the epoch. */
  clock: () => number;
  randomUUID: () => string;
  version: string;
  /** Aborted when the cluster closes, which ends every open stream. */
  closing: AbortSignal;
};

/** A request that is being handled. */
export type Call = {
  request: IncomingMessage;
  response: ServerResponse;
  target: RequestTarget;
  info: RequestInfo;
  user: User;
  /** Adds to the audit log what is known only later: the name of a new object, or a Status that is the answer. */
  note: (about: { name?: string; status?: Status }) => void;
  /** Set if the client requested a protocol upgrade. A stream takes over the socket. */
  upgrade?: { socket: Duplex; head: Buffer };
};

/** Returns the current time in the format of Kubernetes. */
export function timestamp(cluster: Pick<Cluster, 'clock'>): string {
  return `${new Date(cluster.clock()).toISOString().slice(0, 19)}Z`;
}

/** Returns the first value of a query parameter, or an empty string. */
export function parameter(call: Pick<Call, 'target'>, name: string): string {
  return call.target.query.get(name)?.[0] ?? '';
}

/** Reports whether a query parameter is set to true. */
export function flag(call: Pick<Call, 'target'>, name: string): boolean {
  return isApiTrue(call.target.query.get(name));
}
