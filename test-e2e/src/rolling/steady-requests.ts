import { setTimeout as pause } from 'node:timers/promises';
import {
  createKeptClient,
  createKeptHttp2Client,
  type KeptClient,
  type Outcome,
  type PlainRequest,
} from './kept-client.ts';

/** What the clients saw since the last time they were asked. */
export type Seen = {
  requests: number;
  /** Requests that were not carried out, or of which the client does not know. */
  failures: { kind: Kind; why: string }[];
  /** The longest time that a client waited for one answer, in milliseconds, connecting included. */
  longestMs: number;
  /** For how long requests failed: from the start of the first that failed to the end of the last, in milliseconds. */
  failedMs: number;
};

/** Requests at a steady rate, until they are stopped. */
export type SteadyRequests = {
  /** Returns what was seen, and begins to count anew. */
  take(): Seen;
  /** How many requests there were since the start. */
  total(): number;
  /** How many requests there were since one failed last. */
  sinceFailure(): number;
  /** The names of ConfigMaps that were created, and of those whose creation was sent without an answer. */
  written: { acknowledged: Set<string>; unknown: Set<string> };
  stop(): Promise<void>;
};

type Kind = 'list' | 'get' | 'create' | 'who am I' | 'audit search';

const good = { list: 200, get: 200, create: 201, 'who am I': 200, 'audit search': 200 } as const;

type Place = { cluster: string; namespace: string };

/** The order in which a client sends them: three of ten write. The last two are answered by authenticate and audit. */
const turns: readonly Kind[] = [
  ...(['list', 'create', 'get', 'list', 'create', 'get', 'list', 'create', 'get', 'list'] as const),
  ...(['who am I', 'create', 'get', 'list', 'create', 'get', 'list', 'create', 'audit search', 'get'] as const),
];

function requestOf(kind: Kind, { cluster, namespace }: Place, name: string): PlainRequest {
  const at = `/clusters/${cluster}/api/v1/namespaces/${namespace}`;
  if (kind === 'list') return { method: 'GET', path: `${at}/pods?limit=10` };
  if (kind === 'get') return { method: 'GET', path: `${at}/configmaps/kube-root-ca.crt` };
  if (kind === 'who am I') return { method: 'GET', path: '/.sallyport/me' };
  if (kind === 'audit search') return { method: 'GET', path: '/.sallyport/api/v1/audit?limit=1' };
  const body = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
  return { method: 'POST', path: `${at}/configmaps`, body };
}

/** Reports whether the cluster may have carried out a request although the client has no answer of it. */
const isUnknown = ({ status, broken }: Outcome) => broken !== undefined || status === 502 || status === 504;

const whyOf = ({ status, text, broken }: Outcome) => broken ?? `${status} ${text.slice(0, 300)}`;

/**
 * Sends `perSecond` requests with clients that keep their connections, every other one of HTTP/2. Each ConfigMap is
 * created once, under a name of its own: if a request reached the cluster twice, its log shows a conflict.
 */
export function startSteadyRequests(
  deps: Place & { url: string; ca: string; token: string; perSecond: number; clients: number; http2?: boolean },
): SteadyRequests {
  const { perSecond, cluster } = deps;
  const written: SteadyRequests['written'] = { acknowledged: new Set(), unknown: new Set() };
  const everyMs = (1000 * deps.clients) / perSecond;
  const nothing = (): Seen => ({ requests: 0, failures: [], longestMs: 0, failedMs: 0 });
  let seen = nothing();
  let firstFailedAt = 0;
  let [running, names, total, sinceFailure] = [true, 0, 0, 0];
  const note = (kind: Kind, name: string, outcome: Outcome) => {
    seen.requests += 1;
    total += 1;
    seen.longestMs = Math.max(seen.longestMs, outcome.ms);
    if (kind === 'create' && outcome.status === good.create) written.acknowledged.add(name);
    else if (kind === 'create' && isUnknown(outcome)) written.unknown.add(name);
    sinceFailure = outcome.status === good[kind] ? sinceFailure + 1 : 0;
    if (sinceFailure > 0) return;
    const now = performance.now();
    const began = now - outcome.ms;
    firstFailedAt = seen.failures.length === 0 ? began : Math.min(firstFailedAt, began);
    seen.failedMs = now - firstFailedAt;
    seen.failures.push({ kind, why: whyOf(outcome) });
  };
  const run = async (client: KeptClient, first: number) => {
    let due = performance.now() + (first * everyMs) / deps.clients;
    for (let turn = first; running; turn += 1) {
      await pause(Math.max(0, due - performance.now()));
      const wanted = turns[turn % turns.length]!;
      // A user may have few searches open at a time, so only one client searches.
      const kind = wanted === 'audit search' && first > 0 ? 'get' : wanted;
      const name = `rolling-${cluster}-${(names += 1)}`;
      note(kind, name, await client.send(requestOf(kind, deps, name)));
      // A client that waited does not catch up all at once.
      due = Math.max(due + everyMs, performance.now() - everyMs);
    }
    client.close();
  };
  const clients = Array.from({ length: deps.clients }, (_, index) =>
    run(index % 2 === 0 || deps.http2 === false ? createKeptClient(deps) : createKeptHttp2Client(deps), index),
  );
  return {
    written,
    total: () => total,
    sinceFailure: () => sinceFailure,
    take() {
      const taken = seen;
      seen = nothing();
      return taken;
    },
    async stop() {
      running = false;
      await Promise.all(clients);
    },
  };
}
