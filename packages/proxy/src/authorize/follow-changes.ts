import { readChangeLine, type Change } from '@sallyport/contracts';
import { createWarnOnce, type Logger, type ServiceClient } from '@sallyport/kit';

type FollowChangesDeps = {
  client: Pick<ServiceClient, 'stream'>;
  /** Called for every change. Each connection begins with `hello`: changes before it may have been missed. */
  onChange(change: Change): void;
  logger: Logger;
  retryMs?: number;
  /** After this long without a line the connection counts as dead. Authorize sends one every ten seconds. */
  silenceMs?: number;
};

const maxLine = 65_536;

/** Reads one connection to its end. Calls `alive` for every piece that arrives. */
async function readLines(
  body: AsyncIterable<Buffer | string>,
  onLine: (line: string) => void,
  alive: () => void,
): Promise<void> {
  let rest = '';
  for await (const piece of body) {
    alive();
    rest += String(piece);
    const lines = rest.split('\n');
    rest = lines.pop()!;
    if (rest.length > maxLine) throw new Error('a line is too long');
    for (const line of lines) onLine(line);
  }
}

/** Follows the change feed of authorize, and reconnects whenever it ends. Returns a function that stops. */
export function followChanges(deps: FollowChangesDeps): () => void {
  const { client, logger, retryMs = 1000, silenceMs = 25_000 } = deps;
  const stopping = new AbortController();
  const outage = createWarnOnce(logger, {
    failed: 'cannot follow the changes of authorize, trying again',
    recovered: 'following the changes of authorize again',
  });
  const once = async () => {
    const silent = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silent.abort(), silenceMs);
      timer.unref();
    };
    alive();
    try {
      const { status, body } = await client.stream(
        { method: 'GET', path: '/v1/changes' },
        AbortSignal.any([stopping.signal, silent.signal]),
      );
      if (status !== 200) {
        body.destroy();
        throw new Error(`status ${status}`);
      }
      outage.recovered();
      let expected = 1;
      await readLines(
        body,
        (line) => {
          const read = readChangeLine(line);
          // After a missed line the connection is opened again, and everything is rechecked.
          if (read?.seq !== expected) throw new Error('a line is missing or cannot be read');
          expected += 1;
          if (read.change) deps.onChange(read.change);
        },
        alive,
      );
    } finally {
      clearTimeout(timer);
    }
  };
  const run = async () => {
    while (!stopping.signal.aborted) {
      const began = performance.now();
      const failed = await once().then(
        () => undefined,
        (error: unknown) => error,
      );
      if (stopping.signal.aborted) return;
      if (failed !== undefined) outage.failed({ err: failed });
      // When a replica of authorize ends, another one has the changes, and none may be missed for long.
      if (performance.now() - began > retryMs) continue;
      await new Promise<void>((resolve) => {
        setTimeout(resolve, retryMs).unref();
      });
    }
  };
  void run();
  return () => stopping.abort();
}
