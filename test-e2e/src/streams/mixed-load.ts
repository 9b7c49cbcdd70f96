import { setTimeout as pause } from 'node:timers/promises';
import { eventually, type Gateway, type Person } from '../harness/index.ts';
import { openWatches } from './open-watches.ts';

/** A load of streams that open and close until it is stopped. */
export type MixedLoad = {
  /** The counts so far, by name. */
  counts: Record<string, number>;
  stop(): Promise<void>;
};

export type MixedLoadDeps = {
  gateway: Gateway;
  /** The URL for watches. */
  watchUrl: string;
  /** The person who runs kubectl in `inside`, a namespace of a cluster with a node and the pods of `openEveryKind`. */
  person: Person;
  inside: readonly string[];
  /** The person whose sessions are revoked, and the token of a person who may do that. */
  victim: string;
  administrator: () => string;
};

/** Watches that their client closes, and watches of a session that is revoked while they are open. */
function watchers({ gateway, watchUrl, victim, administrator }: MixedLoadDeps) {
  const open = (token: string, count: number) => openWatches(watchUrl, { ca: gateway.caPem, token, count });
  return {
    async 'watches ended by their client'() {
      const watches = await open(administrator(), 10);
      await pause(3000);
      watches.close();
    },
    async 'watches cut'() {
      const { token, sessionId } = await gateway.login(victim);
      const watches = await open(token, 10);
      try {
        const { status } = await gateway.request(`/.sallyport/api/v1/sessions/${sessionId}`, {
          token: administrator(),
          method: 'DELETE',
        });
        if (status !== 204) throw new Error(`a session was not revoked: ${status}`);
        await eventually('the watches of a revoked session end', () => watches.ended.size === 10);
      } finally {
        watches.close();
      }
    },
  };
}

/** Short commands, logs that are followed for a while, port-forwards that are aborted. */
function commands({ person, inside }: MixedLoadDeps) {
  const forAWhile = async (args: readonly string[], says: RegExp) => {
    const command = person.startKubectl(args);
    try {
      await command.says(says, 15_000);
      await pause(1000);
    } finally {
      await command.stop();
    }
  };
  return {
    async 'exec that ends'() {
      const { code, stderr } = await person.tryKubectl(
        ['exec', '-i', ...inside, 'shell', '--', 'sh', '-c', 'cat; exit 7'],
        { input: 'some input' },
      );
      if (code !== 7) throw new Error(`an exec ended with ${code}: ${stderr}`);
    },
    'logs -f': () => forAWhile(['logs', '-f', '--tail=1', ...inside, 'talker'], /tick/),
    'exec given up': () =>
      forAWhile(
        ['exec', ...inside, 'shell', '--', 'sh', '-c', 'for i in $(seq 50); do echo tock; sleep 0.2; done'],
        /tock/,
      ),
    'port-forward': () => forAWhile(['port-forward', ...inside, 'pod/shell', ':9090'], /Forwarding/),
  };
}

/**
 * Starts every kind of stream repeatedly, one of each kind at a time with a pause in between. Counts failures, and keeps
 * the last of each kind in `lastFailure`.
 */
export function startMixedLoad(deps: MixedLoadDeps): MixedLoad & { lastFailure: Record<string, string> } {
  const counts: Record<string, number> = {};
  const lastFailure: Record<string, string> = {};
  let stopped = false;
  const count = (name: string) => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  const again = async (name: string, turn: () => Promise<void>) => {
    while (!stopped) {
      await turn().then(
        () => count(name),
        (error: Error) => {
          count(`${name}: failed`);
          lastFailure[name] = error.message.slice(0, 300);
        },
      );
      await pause(2000);
    }
  };
  const running = Object.entries({ ...watchers(deps), ...commands(deps) }).map(([name, turn]) => again(name, turn));
  return {
    counts,
    lastFailure,
    async stop() {
      stopped = true;
      await Promise.all(running);
    },
  };
}
