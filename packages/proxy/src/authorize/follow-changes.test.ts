import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createLogger, type ServiceClient } from '@sallyport/kit';
import { followChanges } from './follow-changes.ts';

let stop = () => {};
afterEach(() => stop());
const sleep = (ms: number) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** Follows a feed whose connections are given in order: as pieces of text, an error, or a status. */
function follow(
  connections: (string[] | Error | number)[],
  settings: { silenceMs?: number; retryMs?: number; hang?: boolean } = {},
) {
  const seen = { types: [] as string[], opened: 0, aborted: 0, lines: [] as string[] };
  const stream = async (_request: unknown, signal: AbortSignal) => {
    const next = connections[seen.opened];
    seen.opened += 1;
    signal.addEventListener('abort', () => void (seen.aborted += 1));
    if (next instanceof Error) throw next;
    if (typeof next === 'number') return { status: next, body: Readable.from([]) };
    const body = new Readable({ read() {}, signal });
    for (const piece of next ?? []) body.push(piece);
    if (next && settings.hang !== true) body.push(null);
    return { status: 200, body };
  };
  stop = followChanges({
    client: { stream } as unknown as ServiceClient,
    onChange: ({ type }) => seen.types.push(type),
    retryMs: 5,
    ...settings,
    logger: createLogger({
      service: 'proxy',
      level: 'warn',
      destination: { write: (line: string) => void seen.lines.push(line) },
    }),
  });
  return seen;
}

describe('the change feed', () => {
  it('is read line by line, however it is split into pieces', async () => {
    const seen = follow([
      [
        '{"seq":1,"type":"he',
        'llo","policyVersion":"v"}\n{"seq":2,"type":"policy-changed","policyVersion":"w"}\n',
        '{"seq":3,"type":"gap"}\n{"seq":4,"type":"cut off"',
      ],
    ]);
    await sleep(50);
    expect(seen.types).toEqual(['hello', 'policy-changed', 'gap']);
  });

  it.each(['not json', '[]', 'null', '{"seq":2,"type":7}', '{"type":"gap"}', '{"seq":3,"type":"gap"}'])(
    'is opened again after %s, because a line may have been missed',
    async (line) => {
      const seen = follow(
        [
          ['{"seq":1,"type":"hello","policyVersion":"v"}\n', `${line}\n{"seq":3,"type":"ping"}\n`],
          ['{"seq":1,"type":"hello","policyVersion":"v"}\n'],
        ],
        { hang: true },
      );
      await sleep(60);
      expect([seen.types, seen.opened]).toEqual([['hello', 'hello'], 2]);
    },
  );

  it('is opened again when it ends, fails or is silent for too long, and the failure is logged once', async () => {
    const seen = follow(
      [
        ['{"seq":1,"type":"hello","policyVersion":"v"}\n'],
        new Error('down'),
        new Error('down'),
        503,
        ['{"seq":1,"type":"hello","policyVersion":"v"}\n'],
      ],
      { silenceMs: 1000 },
    );
    await sleep(200);
    expect(seen.types).toEqual(['hello', 'hello']);
    expect(seen.opened).toBeGreaterThanOrEqual(5);
    expect(seen.lines).toHaveLength(1);
    stop();
    const silent = follow(
      [['{"seq":1,"type":"hello","policyVersion":"v"}\n'], ['{"seq":1,"type":"hello","policyVersion":"v"}\n']],
      {
        silenceMs: 40,
        hang: true,
      },
    );
    await sleep(300);
    expect(silent.types).toEqual(['hello', 'hello']);
  });

  it('is opened again without a pause when it had been open for longer than that, because a replica was stopped', async () => {
    const hello = ['{"seq":1,"type":"hello","policyVersion":"v"}\n'];
    const seen = follow([hello, hello], { hang: true, retryMs: 300, silenceMs: 350 });
    await sleep(500);
    expect(seen.opened).toBe(2);
    stop();
    const failing = follow([new Error('down'), hello], { retryMs: 300 });
    await sleep(150);
    expect(failing.opened).toBe(1);
  });

  it('is opened again when a line is too long', async () => {
    const seen = follow([['x'.repeat(70_000)], ['{"seq":1,"type":"hello","policyVersion":"v"}\n']], { hang: true });
    await sleep(100);
    expect(seen.types).toEqual(['hello']);
  });

  it('is closed when following stops', async () => {
    const seen = follow([['{"seq":1,"type":"hello","policyVersion":"v"}\n']], { hang: true });
    await sleep(30);
    stop();
    await sleep(50);
    expect([seen.opened, seen.aborted]).toEqual([1, 1]);
  });
});
