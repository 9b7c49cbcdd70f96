import { setTimeout as pause } from 'node:timers/promises';
import type { ElevationView } from '@sallyport/contracts';
import { httpRequestOnce, type Gateway } from '../harness/index.ts';
import { prodAdmin } from './prod-admin.ts';

/** As many as a run needs: a person may ask for each of them twenty times in ten minutes. */
export const entries = Array.from({ length: 80 }, (_none, index) => ({ ...prodAdmin, name: `admin-${index}` }));
/** How many equal steps each replica gets at the same time. */
const atOnce = 3;
const workers = 2;

export type StepLoad = {
  /** How many steps were taken, and how many answers there were, by status. 0: there was none. */
  counts: { steps: number; answers: Record<number, number> };
  /** Ends the load after the steps that have begun. */
  stop(): Promise<void>;
};

type Answer = { status: number; elevation?: ElevationView; elevations?: ElevationView[] };

/** Takes steps of elevations, each several times at once on each of two replicas, until it is stopped. */
export async function startStepLoad(gateway: Gateway): Promise<StepLoad> {
  const urls = [gateway.url, gateway.moreProxies[0]!.url];
  const [alice, bob] = [await gateway.login('alice@example.com'), await gateway.login('bob@example.com')];
  const counts: StepLoad['counts'] = { steps: 0, answers: {} };
  const stop = new AbortController();
  let round = 0;

  const call = async (url: string, token: string, where: string, body?: object): Promise<Answer> => {
    try {
      const answer = await httpRequestOnce(`${url}/.sallyport/api/v1/elevations${where}`, {
        ca: gateway.caPem,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
        timeoutMs: 15_000,
      });
      return { ...(answer.json() as object), status: answer.status };
    } catch {
      return { status: 0 };
    }
  };
  /** Returns what the step has led to, or undefined if no replica says so. */
  const take = async (token: string, where: string, body: object): Promise<ElevationView | undefined> => {
    counts.steps += 1;
    const answers = await Promise.all(
      urls.flatMap((url) => Array.from({ length: atOnce }, () => call(url, token, where, body))),
    );
    for (const { status } of answers) counts.answers[status] = (counts.answers[status] ?? 0) + 1;
    return answers.find(({ status }) => status === 200)?.elevation;
  };
  /** Ends what rounds have left open whose answers were lost. */
  const endAll = async () => {
    for (const { id, state } of (await call(urls[0]!, alice.token, '')).elevations ?? [])
      if (state === 'pending' || state === 'active' || state === 'approved')
        await take(alice.token, `/${id}/${state === 'pending' ? 'withdraw' : 'revoke'}`, {});
  };
  const takeSteps = async (): Promise<void> => {
    const [number, name] = [round, entries[round % entries.length]!.name];
    round += 1;
    const asked = await take(alice.token, '', { name, cluster: 'dev', durationMs: 60_000, reason: `round ${number}` });
    if (!asked) return endAll();
    const withdrawn = number % 3 === 2;
    if (withdrawn) return void (await take(alice.token, `/${asked.id}/withdraw`, {}));
    await take(bob.token, `/${asked.id}/approve`, { reason: 'go' });
    await take(alice.token, `/${asked.id}/revoke`, {});
  };
  const work = async () => {
    while (!stop.signal.aborted) {
      await takeSteps();
      await pause(50);
    }
  };
  const running = Array.from({ length: workers }, work);
  return {
    counts,
    async stop() {
      stop.abort();
      await Promise.all(running);
    },
  };
}
