import { readFileSync } from 'node:fs';
import type { OnCallStatus } from '@sallyport/contracts';
import { type Metrics, createListeners, type LoadedConfig, type Logger } from '@sallyport/kit';
import { Gauge } from 'prom-client';
import { createOutboundFetch } from '@sallyport/kit/outbound';
import type { OnCallInput } from '@sallyport/policy';
import type { PolicySet } from '../policies/policy-set.ts';
import { followOnCallFile } from './on-call-file.ts';
import { followOnCallHook } from './on-call-hook.ts';
import { createOnCallList } from './on-call-list.ts';

/** Registers what an operator must know of each on-call list. Every replica reads the lists by itself. */
function registerOnCallMetrics(metrics: Metrics, status: () => readonly OnCallStatus[]): void {
  const gauge = (name: string, help: string, value: (list: OnCallStatus) => number) => {
    const made: Gauge<'list'> = new Gauge({
      name,
      help,
      labelNames: ['list'],
      registers: [metrics],
      collect() {
        for (const list of status()) made.set({ list: list.name }, value(list));
      },
    });
  };
  gauge('sallyport_on_call_known', 'Whether it is known who is on the on-call list', ({ known }) => (known ? 1 : 0));
  gauge('sallyport_on_call_failing', 'Whether the on-call list cannot be read now', ({ failing }) => (failing ? 1 : 0));
  gauge('sallyport_on_call_users', 'How many users are on the on-call list', ({ users }) => users);
}

/** The on-call lists of one replica. */
export type OnCall = {
  status(): OnCallStatus[];
  /** Calls back when the status changes. Returns a function that unsubscribes. */
  onStatus(listener: () => void): () => void;
  close(): Promise<void>;
};

type OnCallDeps = {
  loaded: LoadedConfig;
  policies: Pick<PolicySet, 'setOnCall'>;
  /** How servers outside are reached. */
  environment?: { httpsProxy?: string; noProxy?: string };
  logger: Logger;
  metrics?: Metrics | undefined;
  now: () => number;
};

/**
 * Follows the on-call lists of the configuration, and gives them to the policies. Resolves when each server has been asked
 * once: without its answer, a replica that starts would cut the streams of those who are on call. Throws ConfigFaults if a
 * file is faulty.
 */
export async function startOnCall(deps: OnCallDeps): Promise<OnCall> {
  const { loaded, policies, environment, logger, metrics, now } = deps;
  const changed = createListeners<void>();
  const update = (event: { changed: boolean }) => {
    const known = lists.flatMap(({ name, list }) => {
      const input = list.input();
      return input ? [[name, input] as const] : [];
    });
    policies.setOnCall(Object.fromEntries(known) as OnCallInput, { tell: event.changed });
    if (event.changed || lists.some(({ list }) => list.status().failing)) changed.tell();
  };
  const lists = loaded.config.onCall.map((config) => ({
    name: config.name,
    config,
    list: createOnCallList(config.name, { onUpdate: update, logger, now }),
  }));
  if (metrics && lists.length > 0) registerOnCallMetrics(metrics, () => lists.map(({ list }) => list.status()));
  const closing: (() => void)[] = lists.map(({ list }) => list.close);
  const closingLater: (() => Promise<void>)[] = [];
  const first: Promise<void>[] = [];
  for (const { config, list } of lists) {
    const { url, file, caFile } = config;
    if (url == null) {
      closing.push(followOnCallFile(loaded.resolvePath(file!), list));
      continue;
    }
    const ca = caFile == null ? {} : { ca: readFileSync(loaded.resolvePath(caFile), 'utf8') };
    const { fetch, close } = createOutboundFetch({ ...environment, ...ca });
    const hook = followOnCallHook({ ...config, url }, list, { fetch, now });
    first.push(hook.first);
    closingLater.push(async () => {
      await hook.close();
      await close();
    });
  }
  await Promise.all(first);
  return {
    status: () => lists.map(({ list }) => list.status()),
    onStatus: (listener) => changed.add(listener),
    async close() {
      for (const stop of closing) stop();
      await Promise.all(closingLater.map((stop) => stop()));
    },
  };
}
