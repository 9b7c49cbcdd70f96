import { readChangeLine, type Change } from '@sallyport/contracts';
import { createWarnOnce, type Logger, type ServiceClient } from '@sallyport/kit';

export type FollowChangesDeps = {
  client: Pick<ServiceClient, 'stream'>;
  /** Every change as it comes. `hello` begins each connection: what was said before it may have been missed. */
  onChange(change: Change): void;
  logger: Logger;
  retryMs?: number;
  /** Without a line for so long (authorize sends one every ten seconds) the connection counts as dead. */
  silenceMs?: number;
};

const longestLine = 65_536;

/** Reads one connection to its end; `alive` is called with every piece. */
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
    if (rest.length > longestLine) throw new Error('a line without an end');
    for (const line of lines) onLine(line);
  }
}

/** Holds the feed of changes of authorize open, and opens it again whenever it ends. Returns how to stop. */
export function followChanges(deps: FollowChangesDeps): () => void {
  const { client, logger, retryMs = 1000, silenceMs = 25_000 } = deps;
  const stopping = new AbortController();
  const outage = createWarnOnce(logger, {
    failed: 'authorize cannot be followed; changes are heard of when it is back',
    recovered: 'changes are heard of again',
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
          // After a missed line the connection is opened again, and everything is looked up.
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
      const failed = await once().then(
        () => undefined,
        (error: unknown) => error,
      );
      if (stopping.signal.aborted) return;
      if (failed !== undefined) outage.failed({ err: failed });
      await new Promise<void>((resolve) => {
        setTimeout(resolve, retryMs).unref();
      });
    }
  };
  void run();
  return () => stopping.abort();
}
