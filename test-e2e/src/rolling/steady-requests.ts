import { setTimeout as pause } from 'node:timers/promises';
import { createKeptClient, type KeptClient, type Outcome, type PlainRequest } from './kept-client.ts';

/** What the clients saw since the last time they were asked. */
export type Seen = {
  requests: number;
  /** Requests that were not carried out, or of which the client does not know. */
  failures: { kind: Kind; why: string }[];
  /** The longest time that a client waited for one answer, in milliseconds, connecting included. */
  longestMs: number;
};

/** Requests at a steady rate, until they are stopped. */
export type SteadyRequests = {
  /** Returns what was seen, and begins to count anew. */
  take(): Seen;
  /** How many requests there were since the start. */
  total(): number;
  /** The names of ConfigMaps that were created, and of those whose creation was sent without an answer. */
  written: { acknowledged: Set<string>; unknown: Set<string> };
  stop(): Promise<void>;
};

type Kind = 'list' | 'get' | 'create' | 'who am I' | 'audit search';

const inNamespace = (namespace: string) => `/clusters/home/api/v1/namespaces/${namespace}`;
const good = { list: 200, get: 200, create: 201, 'who am I': 200, 'audit search': 200 } as const;

/** The order in which a client sends them: three of ten write. The last two are answered by authenticate and audit. */
const turns: readonly Kind[] = [
  ...(['list', 'create', 'get', 'list', 'create', 'get', 'list', 'create', 'get', 'list'] as const),
  ...(['who am I', 'create', 'get', 'list', 'create', 'get', 'list', 'create', 'audit search', 'get'] as const),
];

function requestOf(kind: Kind, namespace: string, name: string): PlainRequest {
  const at = inNamespace(namespace);
  if (kind === 'list') return { method: 'GET', path: `${at}/pods?limit=10` };
  if (kind === 'get') return { method: 'GET', path: `${at}/configmaps/kube-root-ca.crt` };
  if (kind === 'who am I') return { method: 'GET', path: '/.sallyport/me' };
  if (kind === 'audit search') return { method: 'GET', path: '/.sallyport/api/v1/audit?limit=1' };
  const body = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
  return { method: 'POST', path: `${at}/configmaps`, body };
}

const whyOf = ({ status, text, broken }: Outcome) => broken ?? `${status} ${text.slice(0, 300)}`;

/**
 * Sends `perSecond` requests with clients that keep their connections. Each ConfigMap is created once, under a name of
 * its own: if a request reached the cluster twice, its log shows a conflict.
 */
export function startSteadyRequests(deps: {
  url: string;
  ca: string;
  token: string;
  namespace: string;
  perSecond: number;
  clients: number;
}): SteadyRequests {
  const { perSecond, namespace } = deps;
  const written: SteadyRequests['written'] = { acknowledged: new Set(), unknown: new Set() };
  const everyMs = (1000 * deps.clients) / perSecond;
  let seen: Seen = { requests: 0, failures: [], longestMs: 0 };
  let [running, names, total] = [true, 0, 0];
  const note = (kind: Kind, name: string, outcome: Outcome) => {
    seen.requests += 1;
    total += 1;
    seen.longestMs = Math.max(seen.longestMs, outcome.ms);
    if (kind === 'create' && outcome.status === good.create) written.acknowledged.add(name);
    else if (kind === 'create' && outcome.broken !== undefined) written.unknown.add(name);
    if (outcome.status !== good[kind]) seen.failures.push({ kind, why: whyOf(outcome) });
  };
  const run = async (client: KeptClient, first: number) => {
    let due = performance.now() + (first * everyMs) / deps.clients;
    for (let turn = first; running; turn += 1) {
      await pause(Math.max(0, due - performance.now()));
      const wanted = turns[turn % turns.length]!;
      // A user may have few searches open at a time, so only one client searches.
      const kind = wanted === 'audit search' && first > 0 ? 'get' : wanted;
      const name = `rolling-${(names += 1)}`;
      note(kind, name, await client.send(requestOf(kind, namespace, name)));
      // A client that waited does not catch up all at once.
      due = Math.max(due + everyMs, performance.now() - everyMs);
    }
    client.close();
  };
  const clients = Array.from({ length: deps.clients }, (_, index) => run(createKeptClient(deps), index));
  return {
    written,
    total: () => total,
    take() {
      const taken = seen;
      seen = { requests: 0, failures: [], longestMs: 0 };
      return taken;
    },
    async stop() {
      running = false;
      await Promise.all(clients);
    },
  };
}
