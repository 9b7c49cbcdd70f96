import { describe, expect, it } from '@jest/globals';
import type { Check, CheckAnswer, CheckRequest } from '@sallyport/contracts';
import { ProblemError, type ServiceRequest } from '@sallyport/kit';
import { createCheckClient } from './check-client.ts';

const checkForQuestion = (name: string): Check => ({
  credential: { kind: 'none' },
  target: { kind: 'cluster', name },
  request: { method: 'GET', path: '/', host: 'gate', ip: '10.0.0.9' },
});
const answerFor = (check: Check): CheckAnswer => ({
  decision: {
    effect: 'deny',
    rule: `rule of ${(check.target as { name: string }).name}`,
    reasons: [],
    policyVersion: 'v',
  },
});

function setUp(reply: (checks: Check[], call: number) => unknown = (checks) => ({ answers: checks.map(answerFor) })) {
  const batches: string[][] = [];
  const gates: (() => void)[] = [];
  let held = false;
  const request = async ({ body }: ServiceRequest) => {
    const { checks } = body as CheckRequest;
    batches.push(checks.map((one) => (one.target as { name: string }).name));
    const answer = reply(checks, batches.length);
    if (held)
      await new Promise<void>((resolve) => {
        gates.push(resolve);
      });
    if (answer instanceof Error) throw answer;
    return { status: 200, headers: {}, body: answer };
  };
  const client = createCheckClient({ client: { request }, timeoutMs: 1000 });
  const ask = (...names: string[]) => Promise.all(names.map((name) => client.check(checkForQuestion(name))));
  return {
    ask,
    batches,
    hold: () => {
      held = true;
    },
    release: () => {
      held = false;
      gates.splice(0).forEach((open) => open());
    },
  };
}
const turn = () =>
  new Promise((resolve) => {
    setImmediate(() => setImmediate(resolve));
  });

describe('checks', () => {
  it('that arrive together are sent together once there are several at a time, and each gets its own answer', async () => {
    const { ask, batches } = setUp();
    expect((await ask('a', 'b', 'c')).map(({ decision }) => decision.rule)).toEqual([
      'rule of a',
      'rule of b',
      'rule of c',
    ]);
    expect(batches).toEqual([['a'], ['b', 'c']]);
    await ask('d', 'e');
    expect(batches.slice(2)).toEqual([['d', 'e']]);
    await ask('f');
    expect(batches.slice(3)).toEqual([['f']]);
  });

  it('that arrive while a batch is in flight are sent as the next one', async () => {
    const { ask, batches, hold, release } = setUp();
    hold();
    const first = ask('a');
    await turn();
    const second = ask('b');
    await turn();
    const third = ask('c');
    await turn();
    expect(batches).toEqual([['a']]);
    release();
    await Promise.all([first, second, third]);
    expect(batches).toEqual([['a'], ['b', 'c']]);
  });

  it.each([
    ['too few answers', () => ({ answers: [] })],
    ['too many', (checks: Check[]) => ({ answers: [...checks, ...checks].map(answerFor) })],
    ['no answers', () => ({})],
    ['no body', () => undefined],
    ['an answer without a decision', () => ({ answers: [{}] })],
    ['an unknown effect', () => ({ answers: [{ decision: { effect: 'ALLOW', rule: 'r' } }] })],
    ['null', () => ({ answers: [null] })],
  ])('are refused when authorize answers with %s', async (_what, reply) => {
    await expect(setUp(reply).ask('a')).rejects.toMatchObject({ code: 'authorize-unavailable' });
  });

  it('are refused as long as authorize fails, and succeed after that', async () => {
    const { ask } = setUp((checks, call) =>
      call === 1 ? new ProblemError('internal', 'x') : { answers: checks.map(answerFor) },
    );
    await expect(ask('a', 'b')).rejects.toMatchObject({ code: 'authorize-unavailable', status: 503 });
    expect(await ask('c')).toHaveLength(1);
  });

  it('say that the session store is down when it is, after one more attempt', async () => {
    const { ask, batches } = setUp(() => new ProblemError('sessions-unavailable', 'Redis is down.'));
    await expect(ask('a')).rejects.toMatchObject({ code: 'sessions-unavailable' });
    expect(batches).toEqual([['a'], ['a']]);
  });

  it('succeed when only one replica has lost the session store', async () => {
    const { ask, batches } = setUp((checks, call) =>
      call === 1 ? new ProblemError('sessions-unavailable', 'Not yet.') : { answers: checks.map(answerFor) },
    );
    expect(await ask('a')).toHaveLength(1);
    expect(batches).toEqual([['a'], ['a']]);
  });

  it('are sent again when connections break, because a replica was killed', async () => {
    const { ask, batches } = setUp((checks, call) =>
      call <= 3 ? new ProblemError('service-unavailable', 'broken') : { answers: checks.map(answerFor) },
    );
    expect(await ask('a')).toHaveLength(1);
    expect(batches).toEqual([['a'], ['a'], ['a'], ['a']]);
  });

  it('are refused within their deadline when authorize stays away', async () => {
    const { ask, batches } = setUp(() => new ProblemError('service-unavailable', 'down'));
    const began = performance.now();
    await expect(ask('a')).rejects.toMatchObject({ code: 'authorize-unavailable' });
    expect(performance.now() - began).toBeLessThan(15_000);
    expect(batches.length).toBeGreaterThan(4);
    expect(batches.length).toBeLessThan(10);
  });

  it('are not sent again when authorize has answered, whatever it says', async () => {
    const { ask, batches } = setUp(() => new ProblemError('internal', 'x'));
    await expect(ask('a')).rejects.toMatchObject({ code: 'authorize-unavailable' });
    expect(batches).toHaveLength(1);
  });
});
