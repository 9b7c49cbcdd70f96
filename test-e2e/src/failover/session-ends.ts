import { setTimeout as pause } from 'node:timers/promises';
import { httpRequestOnce, type Gateway } from '../harness/index.ts';

/** What became of ends that the gateway acknowledged. */
export type Ends = {
  sessions: number;
  elevations: number;
  /** Logins, and ends that were asked for and not acknowledged. They are repeated. */
  refused: number;
  /** Requests that went through although the right to them had ended. Each is a failure of the gateway. */
  wrong: string[];
};

/** Begins and ends sessions and elevations, and uses what has ended, until it is stopped. */
export type EndsLoad = {
  take(): Ends;
  /** How many ends of sessions were acknowledged since the start. */
  acknowledged(): number;
  /** Tries every session that ever ended, and returns how many came back. */
  cameBack(): Promise<number>;
  stop(): Promise<void>;
};

type Deps = { gateway: Gateway; urls: readonly string[]; path: string };

const nothing = (): Ends => ({ sessions: 0, elevations: 0, refused: 0, wrong: [] });
const people = { who: 'carol@example.com', elevated: 'bob@example.com' } as const;

/** Starts the load on several replicas of the gateway, of which any may be the one that acknowledges an end. */
export async function startEndsLoad({ gateway, urls, path }: Deps): Promise<EndsLoad> {
  const ended: string[] = [];
  let seen = nothing();
  let isRunning = true;
  const send = async (url: string, token: string, to: string, body?: object) => {
    try {
      const answer = await httpRequestOnce(`${url}${to}`, {
        ca: gateway.caPem,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
        timeoutMs: 5000,
      });
      return { status: answer.status, text: answer.text };
    } catch {
      return { status: 0, text: '' };
    }
  };
  const any = () => urls[Math.floor(Math.random() * urls.length)]!;
  /** Repeats what was not acknowledged, as the refusal says. A session that is not found any more has ended. */
  const insist = async (token: string, to: string, done: readonly number[], body: object = {}) => {
    while (isRunning) {
      const { status, text } = await send(any(), token, to, body);
      if (done.includes(status)) return text;
      seen.refused += 1;
      await pause(100);
    }
    return undefined;
  };
  const login = async (user: string) => {
    while (isRunning)
      try {
        return (await gateway.login(user)).token;
      } catch {
        seen.refused += 1;
        await pause(200);
      }
    return undefined;
  };
  const endSessions = async () => {
    while (isRunning) {
      const token = await login(people.who);
      if (token === undefined) return;
      if ((await insist(token, '/.sallyport/logout', [200, 401])) === undefined) return;
      ended.push(token);
      seen.sessions += 1;
      await pause(200);
    }
  };
  const useEnded = async () => {
    while (isRunning) {
      for (const token of ended.slice(-5))
        for (const url of urls)
          if ((await send(url, token, path)).status === 200) seen.wrong.push('a session that had ended was accepted');
      await pause(100);
    }
  };
  const endElevations = async () => {
    const token = await login(people.elevated);
    if (token === undefined) return;
    const elevations = '/.sallyport/api/v1/elevations';
    while (isRunning) {
      const asked = { name: 'failover', cluster: 'dev', durationMs: 600_000 };
      // Too many in a short time are refused with 429.
      const text = await insist(token, elevations, [200, 429], asked);
      if (text === undefined) return;
      const { elevation } = JSON.parse(text) as { elevation?: { id: string } };
      if (!elevation) {
        await pause(2000);
        continue;
      }
      if ((await insist(token, `${elevations}/${elevation.id}/revoke`, [200])) === undefined) return;
      seen.elevations += 1;
      for (const url of urls)
        if ((await send(url, token, path)).status === 200) seen.wrong.push('an elevation that had ended was accepted');
      await pause(500);
    }
  };
  const running = [endSessions(), endSessions(), useEnded(), endElevations()];
  return {
    take() {
      const taken = seen;
      seen = nothing();
      return taken;
    },
    acknowledged: () => ended.length,
    async cameBack() {
      const answers = await Promise.all(ended.map((token) => send(any(), token, path)));
      return answers.filter(({ status }) => status === 200).length;
    },
    async stop() {
      isRunning = false;
      await Promise.all(running);
    },
  };
}
