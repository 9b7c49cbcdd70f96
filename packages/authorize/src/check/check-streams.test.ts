import { EventEmitter, once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { checkProtocol, maxOpenQuestions, maxQuestionBytes, type Check, type CheckAnswer } from '@sallyport/contracts';
import {
  createRecordReader,
  hashToken,
  ProblemError,
  recordKinds,
  writeRecords,
  type ServiceRecord,
} from '@sallyport/kit';
import { createRecordingTracer, until } from '@sallyport/kit/testing';
import { createMemorySessionStore, type SessionStore } from '@sallyport/stores';
import { checkOf, identityOf, sessionOf } from '../testing/authorize-rig.ts';
import { useRigs, type Rig } from '../testing/use-rigs.ts';

const start = useRigs();
const dev = { kind: 'cluster', name: 'dev' } as const;

/** Asks for a connection. Resolves with it, or with the answer that refuses it. */
async function ask(
  { url }: Pick<Rig, 'url'>,
  { authorization, path = '/v1/check', protocol = checkProtocol, method = 'GET' }: Record<string, string | undefined>,
): Promise<{ status: number; body: { code?: string }; socket: Socket; early: Buffer }> {
  const headers = { connection: 'Upgrade', upgrade: protocol, ...(authorization ? { authorization } : {}) };
  const request = httpRequest(`${url}${path}`, { method, headers }).end();
  const [response, socket, early] = (await Promise.race([once(request, 'upgrade'), once(request, 'response')])) as [
    IncomingMessage,
    Socket,
    Buffer,
  ];
  const status = response.statusCode!;
  if (status === 101) return { status, body: {}, socket, early };
  const text = (await response.toArray()).join('');
  return { status, body: JSON.parse(text) as { code: string }, socket, early };
}

/** Opens a connection, and reads what arrives there. */
async function open(rig: Rig, authorization?: string) {
  const { status, socket, early } = await ask(rig, { authorization: authorization ?? (await rig.credential()) });
  expect(status).toBe(101);
  const records: ServiceRecord[] = [];
  const arrived = new EventEmitter().setMaxListeners(0);
  const reader = createRecordReader(2 ** 24, (kind, id, text) => {
    records.push({ kind, id, text });
    arrived.emit('record');
  });
  const closed = once(socket, 'close').then(() => 'closed');
  socket.on('error', () => undefined);
  if (early.length > 0) reader.push(early);
  socket.on('data', (bytes: Buffer) => reader.push(bytes));
  let lastId = 0;
  const textOf = (question: unknown) => (typeof question === 'string' ? question : JSON.stringify(question));
  const ids = (...questions: unknown[]): ServiceRecord[] =>
    questions.map((question) => ({ kind: recordKinds.question, id: (lastId += 1), text: textOf(question) }));
  /** Waits until there are as many records, or those with these IDs. */
  const received = async (wanted: number | number[]) => {
    const ids = () => new Set(records.map(({ id }) => id));
    while (typeof wanted === 'number' ? records.length < wanted : !wanted.every((id) => ids().has(id)))
      await Promise.race([once(arrived, 'record'), closed.then(() => Promise.reject(new Error('closed')))]);
    return records;
  };
  return {
    socket,
    closed,
    records,
    received,
    ids,
    send: (...all: ServiceRecord[]) => void socket.write(writeRecords(all)),
    /** Asks in one write. Returns what answers, in the order of the questions. */
    async check(...checks: Check[]) {
      const sent = ids(...checks.map((check) => ({ check })));
      socket.write(writeRecords(sent));
      await received(sent.map(({ id }) => id));
      return sent.map(({ id }) => {
        const { kind, text } = records.find((one) => one.id === id)!;
        return { kind, value: JSON.parse(text) as CheckAnswer & { code?: string; detail?: string; status?: number } };
      });
    },
  };
}

/** A store whose look-ups are counted, and wait while they are held. */
function heldStore() {
  const store = createMemorySessionStore({ now: Date.now });
  const calls: (readonly string[])[] = [];
  let [held, release] = [Promise.resolve(), () => {}];
  const find: SessionStore['find'] = async (hashes) => {
    calls.push(hashes);
    await held;
    return store.find(hashes);
  };
  return {
    calls,
    sessions: { ...store, find },
    hold: () => void (held = new Promise((resolve) => (release = resolve))),
    release: () => release(),
  };
}

describe('a connection for checks', () => {
  it('is opened only with the credential of a service that may call, and only where it belongs', async () => {
    const rig = await start();
    const other = await start();
    const authorization = await rig.credential();
    const refused = await Promise.all(
      [
        {},
        { authorization: 'Bearer x' },
        { authorization: await other.credential() },
        { authorization: await rig.credential('audit') },
        { authorization: await rig.credential('authenticate') },
        { authorization, path: '/v1/changes' },
        { authorization, path: '/v1/check?x' },
        { authorization, protocol: 'websocket' },
        { authorization, method: 'POST' },
      ].map((options) => ask(rig, options)),
    );
    expect(refused.map(({ status, body }) => [status, body.code])).toEqual([
      [401, 'unauthenticated'],
      [401, 'unauthenticated'],
      [401, 'unauthenticated'],
      [403, 'unknown-caller'],
      [403, 'unknown-caller'],
      ...Array(4).fill([400, 'bad-request']),
    ]);
    const { status, socket } = await ask(rig, { authorization });
    expect(status).toBe(101);
    socket.destroy();
  });

  it('answers each question, and those that were read together with one look at the store', async () => {
    const { calls, sessions } = heldStore();
    const rig = await start({ sessions, storeTimeoutMs: 60_000 });
    const { check } = await open(rig);
    const answers = await check(checkOf('a', dev), checkOf(undefined, dev), checkOf('b', dev), checkOf('a', dev));
    expect(answers.map(({ kind, value }) => [kind, value.problem?.detail])).toEqual([
      [recordKinds.answer, expect.stringContaining('This login is unknown')],
      [recordKinds.answer, 'Log in first.'],
      [recordKinds.answer, expect.stringContaining('This login is unknown')],
      [recordKinds.answer, expect.stringContaining('This login is unknown')],
    ]);
    expect(calls.map((hashes) => hashes.length)).toEqual([2]);
  });

  it('reads the session for every question, and so knows at once that it has ended', async () => {
    const rig = await start();
    const { check } = await open(rig);
    const token = await rig.logIn(identityOf('alice', ['developers']));
    expect((await check(checkOf(token, dev)))[0]!.value).toMatchObject({
      decision: { effect: 'allow' },
      identity: { user: 'alice' },
      impersonation: { user: 'alice', groups: ['developers'] },
    });
    await rig.store.revoke('id-alice', { by: 'alice', reason: 'logout' });
    expect((await check(checkOf(token, dev)))[0]!.value.decision.effect).toBe('authenticate');
  });

  it('answers questions that come while others wait for the store', async () => {
    const { calls, sessions, hold, release } = heldStore();
    const rig = await start({ sessions, storeTimeoutMs: 60_000 });
    const { check, ids, send, received } = await open(rig);
    hold();
    const slow = check(checkOf('a', dev));
    await until(() => calls.length > 0);
    send(...ids({ check: checkOf(undefined, dev) }));
    expect((await received(1))[0]).toMatchObject({ id: 2, kind: recordKinds.answer });
    release();
    expect(await slow).toMatchObject([{ kind: recordKinds.answer }]);
  });

  it('refuses a question that cannot be read, says why, and answers the others', async () => {
    const rig = await start();
    const { ids, send, received } = await open(rig);
    const good = { check: checkOf(undefined, dev) };
    send(...ids('{', '', '{"check":{}}', { check: { ...good.check, request: { method: 1 } } }, good));
    const records = (await received(5)).toSorted((a, b) => a.id - b.id);
    expect(records.map(({ kind, text }) => [kind, (JSON.parse(text) as { status?: number }).status])).toEqual([
      ...Array(4).fill([recordKinds.problem, 400]),
      [recordKinds.answer, undefined],
    ]);
    expect(records[3]!.text).toContain('check.request.method must be a string');
  });

  it('says that the store is down, and goes on when it is back', async () => {
    let away = true;
    const store = createMemorySessionStore({ now: Date.now });
    const find: SessionStore['find'] = async (hashes) => {
      if (away) throw new ProblemError('sessions-unavailable', 'away');
      return store.find(hashes);
    };
    const rig = await start({ sessions: { ...store, find } });
    const { check } = await open(rig);
    const code = async () => (await check(checkOf('a', dev), checkOf('b', dev))).map(({ value }) => value.code);
    expect(await code()).toEqual(['sessions-unavailable', 'sessions-unavailable']);
    away = false;
    expect(await code()).toEqual([undefined, undefined]);
  });

  it('ends with an error that nothing expects, which is logged, and the service goes on', async () => {
    const store = createMemorySessionStore({ now: Date.now });
    const session = sessionOf(identityOf('alice'), { parent: { hash: 'h', id: 'p' } as never });
    const lookup = {
      state: 'live',
      session,
      idleEndsAt: Date.now() + 600_000,
      get parent(): never {
        throw new Error('planted');
      },
    } as const;
    const rig = await start({ sessions: { ...store, find: async (hashes) => hashes.map(() => lookup as never) } });
    const { ids, send, closed } = await open(rig);
    send(...ids({ check: checkOf('t', { kind: 'self' }) }));
    expect(await closed).toBe('closed');
    expect(rig.lines).toMatchObject([{ msg: 'unexpected error', err: { message: 'planted' } }]);
    const { check } = await open(rig);
    expect((await check(checkOf(undefined, dev)))[0]!.kind).toBe(recordKinds.answer);
  });

  it('has a span for each question that is traced, as a part of the span of the gateway', async () => {
    const tracer = createRecordingTracer(0);
    const rig = await start({ tracer });
    const { ids, send, received } = await open(rig);
    const traceparent = (digit: string, flags = '01') => `00-${digit.repeat(32)}-${digit.repeat(16)}-${flags}`;
    const about = { check: checkOf(undefined, dev) };
    const traced = ['a', 'b'].map((digit) => ({ ...about, traceparent: traceparent(digit) }));
    const not = [about, { ...about, traceparent: traceparent('c', '00') }, { ...about, traceparent: 7 }];
    send(...ids(...not, ...traced));
    expect((await received(5)).every(({ kind }) => kind === recordKinds.answer)).toBe(true);
    expect(tracer.spans).toMatchObject(
      ['a', 'b'].map((digit) => ({
        name: 'check',
        kind: 'server',
        traceId: digit.repeat(32),
        parentSpanId: digit.repeat(16),
        ended: true,
        attributes: { 'sallyport.checks': 5 },
      })),
    );
  });

  it('asks to be left when the replica stops, also if it is new, and answers until it is closed', async () => {
    const rig = await start();
    const before = await open(rig);
    await before.check(checkOf(undefined, dev));
    await rig.release();
    const late = await open(rig);
    for (const { check, received, records } of [before, late]) {
      await received(records === before.records ? 2 : 1);
      expect(records.at(-1)).toEqual({ kind: recordKinds.leave, id: 0, text: '' });
      expect((await check(checkOf(undefined, dev)))[0]!.kind).toBe(recordKinds.answer);
    }
    await rig.stop();
    expect(await Promise.all([before.closed, late.closed])).toEqual(['closed', 'closed']);
  });

  it('is closed by a stop only when what has arrived is answered', async () => {
    const { calls, sessions, hold, release } = heldStore();
    const rig = await start({ sessions, storeTimeoutMs: 60_000 });
    const { check, closed } = await open(rig);
    hold();
    const answers = check(checkOf('a', dev), checkOf('b', dev));
    await until(() => calls.length > 0);
    await rig.stop();
    release();
    expect(await answers).toMatchObject([{ kind: recordKinds.answer }, { kind: recordKinds.answer }]);
    expect(await closed).toBe('closed');
  });
});

describe('a gateway that attacks', () => {
  /** Sends bytes, and expects the connection to be closed without an answer. Others go on. */
  const isCutOff = async (bytesOf: (connection: Awaited<ReturnType<typeof open>>) => Buffer) => {
    const rig = await start();
    const [bad, good] = [await open(rig), await open(rig)];
    bad.socket.write(bytesOf(bad));
    expect(await bad.closed).toBe('closed');
    expect(bad.records).toEqual([]);
    expect((await good.check(checkOf(undefined, dev)))[0]!.kind).toBe(recordKinds.answer);
    return rig;
  };
  const text = JSON.stringify({ check: checkOf(undefined, dev) });
  const question = (id: number): ServiceRecord => ({ kind: recordKinds.question, id, text });
  const head = (length: number, kind: number) => {
    const bytes = Buffer.alloc(9, 0);
    bytes.writeUInt32BE(length);
    bytes[7] = 1;
    bytes[8] = kind;
    return bytes;
  };

  it.each<[string, () => Buffer]>([
    ['a record that is too large, before it has arrived', () => head(maxQuestionBytes + 1, 1)],
    ['a record beyond all bounds', () => head(2 ** 32 - 1, 1)],
    ['an unknown kind of record', () => head(0, 77)],
    ['an ID twice', () => writeRecords([question(7), question(7)])],
    ['an ID again later', () => writeRecords([question(7), question(8), question(7)])],
    ['no ID', () => writeRecords([question(0)])],
    ['an answer', () => writeRecords([{ ...question(1), kind: recordKinds.answer }])],
    ['a problem', () => writeRecords([{ ...question(1), kind: recordKinds.problem }])],
    ['a request to leave', () => writeRecords([{ ...question(1), kind: recordKinds.leave }])],
    ['HTTP', () => Buffer.from('POST /v1/check HTTP/1.1\r\nhost: x\r\n\r\n')],
  ])('with %s is cut off, which is logged', async (_what, bytes) => {
    const rig = await isCutOff(bytes);
    expect(rig.lines).toMatchObject([{ msg: 'closed a connection for checks' }]);
  });

  it.each(['one by one', 'in one write'])('with more questions than may be open is cut off: %s', async (how) => {
    const { calls, sessions, hold } = heldStore();
    const rig = await start({ sessions, storeTimeoutMs: 60_000 });
    const { ids, send, closed, records } = await open(rig);
    hold();
    const count = maxOpenQuestions + 1;
    const all = ids(...Array.from({ length: count }, (_none, index) => ({ check: checkOf(`t${index}`, dev) })));
    if (how === 'in one write') send(...all);
    else for (const one of all) send(one);
    expect(await closed).toBe('closed');
    expect(records).toEqual([]);
    expect(calls.flat().length).toBeLessThanOrEqual(maxOpenQuestions);
  });

  it('by sending large questions is read only as fast as they are answered', async () => {
    const { calls, sessions, hold, release } = heldStore();
    const rig = await start({ sessions, storeTimeoutMs: 60_000 });
    const { ids, socket, received } = await open(rig);
    hold();
    const large = 'x'.repeat(maxQuestionBytes / 2);
    const about = (count: number) => ({ check: { ...checkOf(`t${count}`, dev), filler: large } });
    const sent = Array.from({ length: 40 }, (_none, count) => ids(about(count)));
    for (const records of sent) socket.write(writeRecords(records));
    await until(() => calls.length >= 2);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(calls.flat().length).toBeLessThanOrEqual(4);
    release();
    expect(await received(40)).toHaveLength(40);
  });

  it('by reading no answers is asked for no more questions, and gets all answers when it reads again', async () => {
    const { calls, sessions } = heldStore();
    const rig = await start({ sessions, storeTimeoutMs: 60_000 });
    const looks = () => calls.flat().length;
    const groups = Array.from({ length: 2000 }, (_none, index) => `cn=a-long-name-of-a-group-${index}`);
    const alice = identityOf('alice', ['developers', ...groups]);
    // One look at the store counts each session once.
    const tokens: string[] = [];
    while (tokens.length < maxOpenQuestions) {
      const token = `spt_${tokens.length}`;
      await sessions.create(hashToken(token), sessionOf(alice, { id: token }));
      tokens.push(token);
    }
    const { ids, send, socket, received } = await open(rig);
    socket.pause();
    const total = 400;
    let sent = 0;
    const more = () => {
      for (; sent < total && sent - looks() < maxOpenQuestions / 2; sent += 1)
        send(...ids({ check: checkOf(tokens[sent % tokens.length], dev) }));
    };
    let before = -1;
    while (before < looks()) {
      before = looks();
      more();
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    expect(looks()).toBeLessThan(total);
    socket.resume();
    while (sent < total) {
      more();
      await new Promise(setImmediate);
    }
    expect((await received(total)).every(({ kind }) => kind === recordKinds.answer)).toBe(true);
  });

  it('with half a record is left waiting, and gets its answer with the other half', async () => {
    const rig = await start();
    const { socket, ids, received } = await open(rig);
    const bytes = writeRecords(ids({ check: checkOf(undefined, dev) }));
    for (const byte of bytes.subarray(0, 40)) {
      socket.write(Buffer.of(byte));
      await new Promise(setImmediate);
    }
    socket.write(bytes.subarray(40));
    expect((await received(1))[0]!.kind).toBe(recordKinds.answer);
  });

  it('by closing only its half is closed', async () => {
    const rig = await start();
    const { socket, closed } = await open(rig);
    socket.end();
    expect(await closed).toBe('closed');
  });

  it('with a credential that has expired, or whose key was taken away, is cut off at its next question', async () => {
    for (const spoil of ['expire', 'revokeKey'] as const) {
      let ahead = 0;
      const rig = await start({ now: () => Date.now() + ahead });
      const { check, ids, send, closed } = await open(rig);
      expect((await check(checkOf(undefined, dev)))[0]!.kind).toBe(recordKinds.answer);
      if (spoil === 'expire') ahead = 66_000;
      else rig.revokeKey('proxy');
      send(...ids({ check: checkOf(undefined, dev) }));
      expect(await closed).toBe('closed');
    }
  });
});
