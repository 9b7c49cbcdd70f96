import { setTimeout as pause } from 'node:timers/promises';
import { httpRequestOnce, type HttpAnswer } from '../harness/index.ts';
import { configMap, configMaps, pods } from '../resilience/resilience-fixture.ts';

type Load = {
  method: string;
  path: string;
  headers?: Record<string, string>;
  /** Who sends it. The cluster's RBAC lets developers do everything, and sre nothing. */
  user: 'alice@example.com' | 'bob@example.com';
  /** Whether this is what the cluster answers, so that the request was carried out. */
  isAnswer(answer: HttpAnswer): boolean;
};
const succeeded = ({ status }: HttpAnswer) => status < 300;

const requests = {
  read: { method: 'GET', path: pods, user: 'alice@example.com', isAnswer: succeeded },
  write: { method: 'POST', path: configMaps, user: 'alice@example.com', isAnswer: succeeded },
  'secret read': {
    method: 'GET',
    path: '/api/v1/namespaces/default/secrets',
    user: 'alice@example.com',
    isAnswer: succeeded,
  },
  // Over WebSocket. No node runs here, so the API server itself answers that there is no such pod.
  exec: {
    method: 'GET',
    path: `${pods}/nobody/exec?command=id&stdout=true`,
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-protocol': 'v5.channel.k8s.io',
    },
    user: 'alice@example.com',
    isAnswer: ({ status, text }) => status === 404 && text.includes('pods \\"nobody\\" not found'),
  },
  'refused read': {
    method: 'GET',
    path: pods,
    user: 'bob@example.com',
    isAnswer: ({ status, text }) => status === 403 && text.includes('is forbidden: User \\"bob@example.com\\"'),
  },
} as const satisfies Record<string, Load>;

export type LoadKind = keyof typeof requests;
export const loadKinds = Object.keys(requests) as LoadKind[];
/** The kinds that wait until their event is recorded. */
export const strictKinds = ['write', 'secret read', 'exec'] as const satisfies readonly LoadKind[];

/** What the clients of one kind saw. */
export type Answers = {
  /** The Audit-Id of every response of the cluster that arrived whole. */
  acknowledged: string[];
  /** Responses with another status, by status. */
  refused: Record<string, number>;
  /** Requests that ended without a response. */
  broken: number;
};

export type ChaosLoad = { answers: Record<LoadKind, Answers>; stop(): Promise<void> };

type Access = { ca: string; tokens: Record<Load['user'], string> };

/** Sends requests of every kind to every gateway, one after the other per client, until it is stopped. */
export function startChaosLoad(urls: readonly string[], { ca, tokens }: Access): ChaosLoad {
  const empty = (): Answers => ({ acknowledged: [], refused: {}, broken: 0 });
  const answers = Object.fromEntries(loadKinds.map((kind) => [kind, empty()])) as ChaosLoad['answers'];
  const stop = new AbortController();

  const sendOne = async (url: string, kind: LoadKind): Promise<void> => {
    const { method, path, user, isAnswer, headers }: Load = requests[kind];
    const seen = answers[kind];
    try {
      const answer = await httpRequestOnce(`${url}/clusters/dev${path}`, {
        ca,
        method,
        headers: { authorization: `Bearer ${tokens[user]}`, 'content-type': 'application/json', ...headers },
        ...(method === 'POST' ? { body: JSON.stringify(configMap()) } : {}),
        timeoutMs: 15_000,
      });
      if (isAnswer(answer)) seen.acknowledged.push(String(answer.headers['audit-id']));
      else seen.refused[answer.status] = (seen.refused[answer.status] ?? 0) + 1;
    } catch {
      seen.broken += 1;
    }
  };
  const client = async (url: string, kind: LoadKind): Promise<void> => {
    while (!stop.signal.aborted) {
      await sendOne(url, kind);
      await pause(20);
    }
  };
  const clients = urls.flatMap((url) => loadKinds.map((kind) => client(url, kind)));
  return {
    answers,
    async stop() {
      stop.abort();
      await Promise.all(clients);
    },
  };
}
