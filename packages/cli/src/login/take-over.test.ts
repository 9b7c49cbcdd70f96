import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import { browse, createRig, printedPage, type Rig } from '../testing/rig.ts';

/** A terminal at which nobody types. */
const terminal = () => Object.assign(new Readable({ read() {} }), { isTTY: true });

let gateway: FakeGateway;
let rig: Rig;
beforeEach(async () => {
  gateway = await startFakeGateway();
  rig = createRig({
    env: {},
    stderr: { isTTY: true, write: () => {} },
    // The browser opens, and its user does nothing.
    launch: () => Promise.resolve(true),
  });
  Object.assign(rig.environment.env, { SALLYPORT_HOME: rig.home, KUBECONFIG: rig.kubeconfig, DISPLAY: ':0' });
});
afterEach(async () => {
  await gateway.close();
  rig.remove();
});

/** Starts a login, and resolves once it waits for its user. */
function start(stdin: Readable, ...args: string[]) {
  rig.environment.stdin = stdin;
  let text = '';
  const waits = new Promise<string>((resolve) => {
    rig.onErr = (more) => {
      text += more;
      const page = printedPage(text);
      if (page !== '') resolve(page);
    };
  });
  const done = rig.run('login', '--gateway', gateway.origin, ...args);
  return { done, waits };
}

describe('a login that was forgotten', () => {
  it('gives way to one that is typed at a terminal, names its process, and shares what comes of it', async () => {
    const first = start(terminal());
    await first.waits;
    const second = start(terminal());
    await browse(await second.waits);
    const [one, other] = await Promise.all([first.done, second.done]);
    expect([one.code, other.code]).toEqual([0, 0]);
    expect(other.err).toContain(`was in progress (process ${process.pid}). This one takes over.`);
    expect(one.err).toContain('Another login to this gateway has taken over. Waiting for it.');
    expect(gateway.sessions.size).toBe(1);
  });

  it('is waited for by a program without a terminal, which names its process', async () => {
    const first = start(terminal());
    const page = await first.waits;
    const second = start(Readable.from([]));
    const { err } = await Promise.race([
      second.done.then((run) => run),
      new Promise<{ err: string }>((resolve) => {
        const { onErr } = rig;
        rig.onErr = (text) => {
          onErr(text);
          if (text.includes('Waiting for it')) resolve({ err: text });
        };
      }),
    ]);
    expect(err).toContain(`Another login to this gateway is in progress (process ${process.pid}). Waiting for it.`);
    await browse(page);
    expect((await Promise.all([first.done, second.done])).map(({ code }) => code)).toEqual([0, 0]);
    expect(gateway.sessions.size).toBe(1);
  });
});
