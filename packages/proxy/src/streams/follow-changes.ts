import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger, ServiceClient } from '@sallyport/kit';

/** What authorize tells of. `everything`: something may have been missed, so all must be looked at again. */
export type ChangeListener = {
  sessionRevoked(sessionId: string): void;
  policyChanged(version: string): void;
  everything(): void;
};

type Change = { seq: number; type: string; policyVersion?: string; sessionId?: string };

const firstPauseMs = 100;
const longestPauseMs = 2000;
/** authorize sends a sign of life every 10 s. */
const silenceMs = 25_000;

function readChange(line: string): Change | undefined {
  try {
    const value = JSON.parse(line) as Partial<Change> | null;
    return typeof value?.seq === 'number' && typeof value.type === 'string' ? value as Change : undefined;
  } catch {
    return undefined;
  }
}

function tell(change: Change, listener: ChangeListener): void {
  if (change.type === 'session-revoked' && typeof change.sessionId === 'string') listener.sessionRevoked(change.sessionId);
  else if (change.type === 'policy-changed' && typeof change.policyVersion === 'string') listener.policyChanged(change.policyVersion);
  else if (change.type === 'hello' || change.type === 'gap') listener.everything();
}

/** Reads one connection to its end. Returns after a line that is none, or one that does not follow the one before. */
async function readFeed(body: Readable, listener: ChangeListener): Promise<void> {
  let expected = 1;
  let watchdog = setTimeout(() => body.destroy(), silenceMs);
  try {
    for await (const line of createInterface({ input: body, crlfDelay: Infinity })) {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => body.destroy(), silenceMs);
      const change = readChange(line);
      if (!change || change.seq !== expected) return;
      expected += 1;
      tell(change, listener);
    }
  } finally {
    clearTimeout(watchdog);
    body.destroy();
  }
}

/** Holds authorize's `GET /v1/changes` open, and comes back when it breaks: with each connection everything is looked at again, so that nothing is missed. */
export function followChanges(deps: { client: Pick<ServiceClient, 'stream'>; listener: ChangeListener; logger: Logger }): { close(): Promise<void> } {
  const { client, listener, logger } = deps;
  const stop = new AbortController();
  let away = false;
  const run = async () => {
    for (let attempt = 0; !stop.signal.aborted; attempt += 1) {
      try {
        const { body, statusCode } = await client.stream({ method: 'GET', path: '/v1/changes' }, stop.signal);
        if (statusCode !== 200) throw new Error(`status ${statusCode}`);
        if (away) logger.info('changes of sessions and policy are heard again');
        [away, attempt] = [false, 0];
        await readFeed(body, listener);
      } catch (error) {
        if (!away && !stop.signal.aborted) logger.warn({ reason: (error as Error).message }, 'changes of sessions and policy cannot be heard; open streams are asked about at intervals');
        away = true;
      }
      if (stop.signal.aborted) return;
      // What was missed meanwhile is asked about at once, if anybody can be asked.
      if (attempt === 0) listener.everything();
      await pause(Math.min(firstPauseMs * 2 ** attempt, longestPauseMs), undefined, { signal: stop.signal }).catch(() => {});
    }
  };
  const running = run();
  return {
    async close() {
      stop.abort();
      await running;
    },
  };
}
