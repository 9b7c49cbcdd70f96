import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { maxOpenQuestions, maxQuestionBytes, type Check } from '@sallyport/contracts';
import { ProblemError, recordKinds, writeRecords } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import {
  answerRecord,
  answerTo,
  createFakeAuthorize,
  nameOf,
  problemRecord,
  type FakeConnection,
  type Received,
} from '../testing/fake-authorize.ts';
import { createCheckClient } from './check-client.ts';

const checkOf = (name: string): Check => ({
  credential: { kind: 'none' },
  target: { kind: 'cluster', name },
  request: { method: 'GET', path: '/', host: 'gate', ip: '10.0.0.9' },
});

/** Creates a client whose checks have ten times the usual time, for a busy machine, unless given. */
function setUp(options: Parameters<typeof createFakeAuthorize>[0] = {}, timeoutMs = 10_000) {
  const authorize = createFakeAuthorize(options);
  const client = createCheckClient({ client: authorize.client, timeoutMs });
  return {
    ...authorize,
    ask: (...names: string[]) => Promise.all(names.map((name) => client.check(checkOf(name)))),
    /** The names of the questions of each write to a connection. */
    asked: (number = 1) =>
      authorize.connections[number - 1]!.writes.map((write) => write.map(({ check }) => nameOf(check))),
  };
}
const rulesOf = (names: readonly string[]) => names.map((name) => ({ decision: { rule: `rule of ${name}` } }));
const turn = () =>
  new Promise((resolve) => {
    setImmediate(() => setImmediate(resolve));
  });
const leave = { kind: recordKinds.leave, id: 0, text: '' };
const replyAll = (received: Received[]) => received.map(answerRecord);
/** Answers only on connections after the `number`th one. */
const after = (number: number) => ({
  reply: (received: Received[], on: number) => (on > number ? replyAll(received) : undefined),
});

const real = performance.now.bind(performance);
/** Has the monotonic clock be ahead. */
function skip(ms: number): void {
  jest.spyOn(performance, 'now').mockImplementation(() => real() + ms);
}
afterEach(() => void jest.restoreAllMocks());

describe('checks', () => {
  it('that arrive together are sent together once there are several at a time, and each gets its own answer', async () => {
    const { ask, asked } = setUp({ reply: (received) => replyAll(received).toReversed() });
    await ask('z');
    expect(await ask('a', 'b', 'c')).toMatchObject(rulesOf(['a', 'b', 'c']));
    expect(await ask('d', 'e')).toMatchObject(rulesOf(['d', 'e']));
    await ask('f');
    await ask('g');
    expect(asked()).toEqual([['z'], ['a'], ['b', 'c'], ['d', 'e'], ['f'], ['g']]);
  });

  it('do not wait for the answers of earlier ones, and are answered in any order', async () => {
    const { ask, asked, connections } = setUp({ reply: () => undefined });
    const first = ask('a');
    await turn();
    const second = ask('b');
    await turn();
    expect(asked()).toEqual([['a'], ['b']]);
    const [[a], [b]] = connections[0]!.writes as [[Received], [Received]];
    connections[0]!.send(answerRecord(b));
    expect(await second).toMatchObject(rulesOf(['b']));
    connections[0]!.send(answerRecord(a));
    expect(await first).toMatchObject(rulesOf(['a']));
  });

  it('wait while as many are open as one connection may have', async () => {
    const { ask, connections } = setUp({ reply: () => undefined });
    const names = Array.from({ length: maxOpenQuestions + 2 }, (_none, index) => String(index));
    const all = ask(...names);
    await turn();
    await turn();
    const received = () => connections[0]!.writes.flat();
    expect(received()).toHaveLength(maxOpenQuestions);
    connections[0]!.send(...received().map(answerRecord));
    await until(() => received().length === names.length);
    connections[0]!.send(...received().slice(maxOpenQuestions).map(answerRecord));
    expect(await all).toMatchObject(rulesOf(names));
  });

  it('that wait behind many others are answered, however long that takes, while the others are', async () => {
    const authorize = createFakeAuthorize({ reply: () => undefined });
    const client = createCheckClient({ client: authorize.client, timeoutMs: 3000 });
    const names = Array.from({ length: 7 * maxOpenQuestions }, (_none, index) => String(index));
    const answered = new Set<Received>();
    const timer = setInterval(() => {
      for (const { writes, send } of authorize.connections) {
        const received = writes.flat().filter((one) => !answered.has(one));
        for (const one of received) answered.add(one);
        send(...received.map(answerRecord));
      }
    }, 600);
    const began = performance.now();
    expect(await Promise.all(names.map((name) => client.check(checkOf(name))))).toMatchObject(rulesOf(names));
    clearInterval(timer);
    expect(performance.now() - began).toBeGreaterThan(3100);
  });

  it('that authorize does not read are asked elsewhere', async () => {
    const { ask, connections } = setUp();
    await ask('a');
    connections[0]!.stopReading();
    const huge = Array.from({ length: 6 }, (_none, index) => `${index}${'x'.repeat(maxQuestionBytes / 2)}`);
    expect(await ask(...huge)).toHaveLength(huge.length);
    expect(connections[0]!.writes.flat()).toHaveLength(1);
  });

  it('that are too large are refused, and the others are asked', async () => {
    const { ask, asked } = setUp();
    const [large, small] = await Promise.allSettled([ask('x'.repeat(maxQuestionBytes)), ask('a')]);
    expect(large).toMatchObject({ status: 'rejected', reason: { code: 'too-large', status: 413 } });
    expect(small).toMatchObject({ status: 'fulfilled' });
    expect(asked()).toEqual([['a']]);
  });

  it.each([
    ['no JSON', '{'],
    ['nothing', ''],
    ['an answer without a decision', '{}'],
    ['an unknown effect', '{"decision":{"effect":"ALLOW","rule":"r"}}'],
    ['null', 'null'],
  ])('are refused when authorize answers with %s', async (_what, text) => {
    const { ask } = setUp({ reply: ([one]) => [{ kind: recordKinds.answer, id: one!.id, text }] });
    await expect(ask('a')).rejects.toMatchObject({ code: 'authorize-unavailable', status: 503 });
  });

  it('are not asked again when authorize has answered, whatever it says', async () => {
    const { ask, asked } = setUp({ reply: ([one]) => [problemRecord(one!, 'internal')] });
    await expect(ask('a')).rejects.toMatchObject({ code: 'authorize-unavailable', status: 503 });
    expect(asked()).toEqual([['a']]);
  });

  it('say that the session store is down when it is, after one more attempt', async () => {
    const { ask, asked } = setUp({ reply: (all) => all.map((one) => problemRecord(one, 'sessions-unavailable')) });
    await expect(ask('a')).rejects.toMatchObject({ code: 'sessions-unavailable' });
    expect(asked()).toEqual([['a'], ['a']]);
  });

  it('are asked elsewhere when only one replica has lost the session store', async () => {
    const { ask, connections } = setUp({
      reply: (all, on) => (on > 1 ? replyAll(all) : all.map((one) => problemRecord(one, 'sessions-unavailable'))),
    });
    const asking = ask('z');
    await asking.catch(() => undefined);
    skip(2000);
    expect(await ask('a', 'b')).toMatchObject(rulesOf(['a', 'b']));
    await until(() => connections[0]!.isClosed());
    expect(connections).toHaveLength(2);
  });

  it('are refused at once beyond the number that may wait', async () => {
    const { ask } = setUp({ opens: () => 'never' }, 1000);
    const waiting = Array.from({ length: 16_384 }, () => ask('a').catch(() => 'late'));
    await expect(Promise.race([ask('b'), ...waiting])).rejects.toMatchObject({ code: 'authorize-unavailable' });
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['late']));
  });
});

describe('the connection to a replica', () => {
  it('that ends has its questions asked over another one', async () => {
    const { ask, asked, connections } = setUp(after(2));
    const answers = ask('a', 'b', 'c');
    for (const number of [0, 1]) {
      await until(() => connections[number]?.writes.flat().length === 3);
      connections[number]!.end();
    }
    expect(await answers).toMatchObject(rulesOf(['a', 'b', 'c']));
    expect(asked(2)).toEqual([['a', 'b', 'c']]);
    expect(asked(3)).toEqual([['a', 'b', 'c']]);
  });

  it('that answers nothing has its questions asked over another one, within their time', async () => {
    const { ask, connections } = setUp(after(1));
    const began = performance.now();
    expect(await ask('a', 'b')).toMatchObject(rulesOf(['a', 'b']));
    expect(performance.now() - began).toBeGreaterThan(2000);
    expect(await ask('c')).toMatchObject(rulesOf(['c']));
    expect(connections).toHaveLength(2);
    await until(() => connections[0]!.isClosed());
  });

  it('that is silent, because the session store is slow, may still answer', async () => {
    const { ask, connections } = setUp({ reply: () => undefined });
    const answer = ask('a');
    await until(() => connections.length === 2 && connections[1]!.writes.length === 1);
    connections[0]!.send(answerRecord(connections[0]!.writes[0]![0]!));
    expect(await answer).toMatchObject(rulesOf(['a']));
    // The other answer comes too late, and harms nothing.
    connections[1]!.send(answerRecord(connections[1]!.writes[0]![0]!));
    const next = ask('b');
    await until(() => connections[1]!.writes.length === 2);
    connections[1]!.send(answerRecord(connections[1]!.writes[1]![0]!));
    expect(await next).toMatchObject(rulesOf(['b']));
  });

  it('that is silent has its questions asked over another one only once, however many are silent', async () => {
    const { ask, connections } = setUp({ reply: () => undefined }, 3000);
    await expect(ask('a')).rejects.toMatchObject({ code: 'authorize-unavailable' });
    expect(connections.flatMap(({ writes }) => writes)).toHaveLength(2);
  });

  it('that answers some questions is not silent: the others are refused in time', async () => {
    const { ask, connections } = setUp(
      {
        reply: (all) => replyAll(all.filter(({ check }) => nameOf(check) !== 'lost')),
      },
      4000,
    );
    let running = true;
    const busy = (async () => {
      while (running) {
        await ask('a');
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    const began = performance.now();
    await expect(ask('lost')).rejects.toMatchObject({ code: 'authorize-unavailable' });
    expect(performance.now() - began).toBeGreaterThan(3600);
    running = false;
    await busy;
    expect(connections).toHaveLength(1);
  });

  it('that cannot be opened in time is sought beside the attempt', async () => {
    const { ask, attempts } = setUp({ opens: (number) => (number === 1 ? 'never' : 'yes') });
    expect(await ask('a')).toMatchObject(rulesOf(['a']));
    expect(attempts()).toBe(2);
  });

  it('that is refused is tried again after a pause, and the questions are refused within their time', async () => {
    const { ask, attempts } = setUp({ opens: () => 'refused' }, 3000);
    const began = performance.now();
    await expect(ask('a')).rejects.toMatchObject({ code: 'authorize-unavailable' });
    expect(performance.now() - began).toBeLessThan(30_000);
    expect(attempts()).toBeGreaterThan(4);
    expect(attempts()).toBeLessThan(20);
  });

  it('that authorize asks to leave is used until there is another one, and closed after its last answer', async () => {
    const { ask, asked, connections } = setUp({ reply: () => undefined });
    const first = ask('a');
    await until(() => connections[0]?.writes.length === 1);
    connections[0]!.send(leave);
    await until(() => connections.length === 2);
    const second = ask('b');
    await until(() => connections[1]!.writes.length === 1);
    expect([connections[0]!.isClosed(), asked(1), asked(2)]).toEqual([false, [['a']], [['b']]]);
    connections[0]!.send(answerRecord(connections[0]!.writes[0]![0]!));
    connections[1]!.send(answerRecord(connections[1]!.writes[0]![0]!));
    expect(await Promise.all([first, second])).toMatchObject([rulesOf(['a']), rulesOf(['b'])]);
    await until(() => connections[0]!.isClosed());
  });

  it('that authorize asks to leave while nothing is open is closed, and the next question opens another one', async () => {
    const { ask, asked, connections } = setUp();
    await ask('a');
    connections[0]!.send(leave);
    await until(() => connections[0]!.isClosed());
    expect(connections).toHaveLength(1);
    expect(await ask('b')).toMatchObject(rulesOf(['b']));
    expect(asked(2)).toEqual([['b']]);
  });

  it('to the only replica, which is stopping, is used until it ends, and not opened without pauses', async () => {
    const { ask, connections } = setUp({ reply: (all) => [leave, ...replyAll(all)] });
    const began = performance.now();
    while (performance.now() - began < 300) expect(await ask('a')).toMatchObject(rulesOf(['a']));
    expect(connections.length).toBeGreaterThan(1);
    expect(connections.length).toBeLessThan(12);
  });

  it('is replaced before its credential expires, and not used when it may have', async () => {
    const { ask, asked, connections } = setUp();
    await ask('a');
    skip(26_000);
    await ask('b');
    await until(() => connections.length === 2);
    await ask('c');
    skip(26_000 + 29_000);
    await ask('d');
    expect([asked(1), asked(2), asked(3)]).toEqual([[['a'], ['b']], [['c']], [['d']]]);
    await until(() => connections[0]!.isClosed() && connections[1]!.isClosed());
  });
});

describe('what authorize must not say', () => {
  const allow = (id: number) => ({ kind: recordKinds.answer, id, text: JSON.stringify(allowed) });
  const allowed = { decision: { effect: 'allow', rule: 'planted', reasons: [], policyVersion: 'v' } };
  const bytesOf = (...hex: string[]) => Buffer.from(hex.join(''), 'hex');
  const cases: [string, (connection: FakeConnection) => void][] = [
    ['an answer to a question that it was not asked', ({ send }) => send(allow(99))],
    ['an answer to no question', ({ send }) => send(allow(0))],
    ['a question', ({ send }) => send({ kind: recordKinds.question, id: 1, text: '{}' })],
    ['an unknown kind of record', ({ sendBytes }) => sendBytes(bytesOf('00000000', '00000001', '09'))],
    ['a record beyond all bounds', ({ sendBytes }) => sendBytes(bytesOf('ffffffff', '00000001', '02'))],
    ['a second answer', ({ send, writes }) => send(answerRecord(writes[0]![0]!), allow(writes[0]![0]!.id))],
    ['HTTP', ({ sendBytes }) => sendBytes(Buffer.from('HTTP/1.1 200 OK\r\n\r\n'))],
    [
      'half a record, and then the end',
      ({ sendBytes, end }) => (sendBytes(writeRecords([allow(1)]).subarray(0, 20)), end()),
    ],
  ];
  it.each(cases)('ends the connection, and all that is open is asked elsewhere, for %s', async (_what, say) => {
    const { ask, connections } = setUp(after(1));
    const answers = ask('a', 'b', 'c');
    await until(() => connections[0]?.writes.flat().length === 3);
    say(connections[0]!);
    expect(await answers).toMatchObject(rulesOf(['a', 'b', 'c']));
    expect(connections[0]!.isClosed()).toBe(true);
    expect(connections).toHaveLength(2);
  });

  it('is never taken for a decision, if every replica says it', async () => {
    const { ask, attempts } = setUp({ reply: () => [allow(4_000_000_000)] }, 1000);
    await expect(ask('a')).rejects.toMatchObject({ code: 'authorize-unavailable' });
    expect(attempts()).toBeLessThan(12);
  });
});

describe('an authorize that does not know the protocol', () => {
  const opens = () => 'no' as const;

  it('is asked by POST, one batch at a time', async () => {
    const { ask, posted } = setUp({ opens });
    expect(await ask('a')).toMatchObject(rulesOf(['a']));
    expect(await ask('b', 'c', 'd')).toMatchObject(rulesOf(['b', 'c', 'd']));
    expect(posted.map(({ checks }) => checks.map(nameOf))).toEqual([['a'], ['b'], ['c', 'd']]);
  });

  it('is tried again with a connection after a while, and asked by POST until then', async () => {
    const { ask, asked, posted, attempts } = setUp({ opens: (number) => (number === 1 ? 'no' : 'yes') });
    await ask('a');
    await ask('b');
    expect(attempts()).toBe(1);
    skip(11_000);
    expect(await ask('c')).toMatchObject(rulesOf(['c']));
    expect(attempts()).toBe(2);
    await turn();
    await ask('d');
    expect([posted.length, asked()]).toEqual([3, [['d']]]);
  });

  it.each([
    ['too few answers', () => ({ answers: [] })],
    ['too many', (checks: Check[]) => ({ answers: [...checks, ...checks].map(answerTo) })],
    ['no answers', () => ({})],
    ['no body', () => undefined],
    ['null', () => ({ answers: [null] })],
    ['an error', () => new ProblemError('internal', 'x')],
  ])('decides nothing if it answers with %s', async (_what, post) => {
    await expect(setUp({ opens, post }).ask('a')).rejects.toMatchObject({ code: 'authorize-unavailable' });
  });

  it('is asked again when connections break, and refused in time when it stays away', async () => {
    const broken = new ProblemError('service-unavailable', 'broken');
    const some = setUp({ opens, post: (checks, call) => (call <= 3 ? broken : { answers: checks.map(answerTo) }) });
    expect(await some.ask('a')).toMatchObject(rulesOf(['a']));
    const none = setUp({ opens, post: () => broken }, 3000);
    await expect(none.ask('a')).rejects.toMatchObject({ code: 'authorize-unavailable' });
    expect(none.posted.length).toBeGreaterThan(4);
    expect(none.posted.length).toBeLessThan(20);
  });

  it('is asked once more if it has lost the session store', async () => {
    const away = new ProblemError('sessions-unavailable', 'away');
    const { ask, posted } = setUp({ opens, post: () => away });
    await expect(ask('a')).rejects.toMatchObject({ code: 'sessions-unavailable' });
    expect(posted).toHaveLength(2);
  });
});
