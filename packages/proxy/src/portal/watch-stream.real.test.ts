import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  streamAnswerSchema,
  watchLineSchema,
  watchRequestSchema,
  type AuditRecord,
  type Check,
  type CheckAnswer,
  type StreamAnswer,
  type WatchLine,
} from '@sallyport/contracts';
import { createLogger, hashToken, ProblemError, type ServiceRequest } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { fromClient, fromServer } from '@sallyport/kubernetes/testing';
import { createPages } from '@sallyport/pages';
import { createFrameOpener } from '@sallyport/recordings/read';
import { createHiddenText } from '../audit/hidden-text.ts';
import { createLiveSessions } from '../recordings/live-sessions.ts';
import { createAnswerQuestion } from '../streams/answer-question.ts';
import { landingSettings } from '../testing/pages-rig.ts';
import { startRecordedRig, type RecordedRig } from '../testing/recorded-exec.ts';
import { createApiEvents } from './calls/api-events.ts';
import { createFindCaller } from './calls/find-caller.ts';
import { createOwnApi } from './create-own-api.ts';

const question = '0b7c1c0e-5d0a-4f0e-9a50-2f7f0b0f6f11';
const decision = { effect: 'allow' as const, rule: 'api/recordings[0].allow.and', reasons: [], policyVersion: 'v' };
const logger = createLogger({ service: 'proxy', level: 'silent' });

let recorded: RecordedRig;
let server: Server;
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await recorded.rig.close();
});

/** Starts a gateway with a recorded exec, and the API of another one, with an authorize that relays between them. */
async function setUp() {
  recorded = await startRecordedRig();
  const { rig } = recorded;
  const { client, server: cluster } = await recorded.open();
  const { id: stream } = [...rig.streams.registry.all()][0]!;
  const recording = recorded.recorder.recordings[0]!.head.id;
  const state = { may: true, isRelayed: true, isRecorded: true };
  const order: string[] = [];
  const events: AuditRecord[] = [];
  const checks: Check[] = [];

  const other = { all: () => [], ofUser: () => [], ended: () => [], cut: () => {} };
  const gateways = [
    { registry: other, live: createLiveSessions(), replica: 'proxy/b' },
    { registry: rig.streams.registry, live: rig.live, replica: 'proxy/a' },
  ];
  const relay = async (body: unknown) => {
    const { watch, ...where } = watchRequestSchema.parse(JSON.parse(JSON.stringify(body)));
    const answers: StreamAnswer[] = [];
    const collect = {
      request: async (call: ServiceRequest) => void answers.push(streamAnswerSchema.parse(call.body)) as never,
    };
    const asked = { id: question, ended: false, where, ...(watch && { watch }) };
    for (const one of gateways)
      await createAnswerQuestion({ ...one, authorize: collect, logger })({
        type: 'streams-requested',
        question: asked,
      });
    const row = answers.flatMap(({ rows }) => rows)[0];
    const watched = answers.find(({ proxy }) => proxy === watch?.proxy)?.watched;
    if (!row && !watched) throw new ProblemError('not-found', 'No open stream has this ID.');
    return watched ? { watched } : { row };
  };

  const authorize = {
    async request({ path, body }: ServiceRequest) {
      if (path === '/v1/check') {
        checks.push(...(body as { checks: Check[] }).checks);
        const effect = state.may ? 'allow' : 'deny';
        return { status: 200, headers: {}, body: { answers: [{ decision: { ...decision, effect } }] } };
      }
      if (!state.isRelayed) throw new ProblemError('authorize-unavailable', 'authorize is down');
      return { status: 200, headers: {}, body: await relay(body) };
    },
  };
  const audit = {
    async request({ path }: ServiceRequest) {
      if (path !== `/v1/recordings/${recording}`) throw new ProblemError('not-found', 'There is no such recording.');
      const row = {
        id: recording,
        auditId: 'a',
        kind: 'exec',
        cluster: 'dev',
        resource: 'pods',
        namespace: 'dev',
        name: 'web',
        user: 'alice@example.com',
        demand: 'required',
        recipients: [],
        since: 1,
        state: 'running',
        parts: 0,
        bytes: 0,
      };
      return { status: 200, headers: {}, body: { recording: row, parts: [], gaps: [] } };
    },
  };
  const check = async ({ credential }: Check): Promise<CheckAnswer> => ({
    decision: { ...decision, rule: 'self' },
    ...(credential.kind === 'token' && credential.hash === hashToken('spt_live')
      ? {
          identity: { provider: 'p', issuer: 'i', subject: 's', user: 'carol', groups: [], amr: [] },
          session: { id: 'ses_2', kind: 'cli', expiresAt: 1 },
        }
      : {}),
  });
  const sink = {
    publish: async () => {},
    enqueue: (record: AuditRecord) => void events.push(record) as never,
    written: async () => {
      if (!state.isRecorded) throw new ProblemError('audit-unavailable', 'no room');
      order.push('event');
    },
    hasRoom: () => true,
    ping: async () => {},
    close: async () => {},
  };
  const app = createOwnApi({
    origin: 'https://gate',
    findCaller: createFindCaller({ client: { check } as never }),
    clientAddress: () => '10.0.0.9',
    clientCertificateOf: () => ({ presented: false }),
    authenticate: audit,
    audit: audit as never,
    authorize,
    ownPages: createPages({ host: 'gate.example.com' }),
    toAuthenticate: (_request, response) => void response.end(),
    landing: landingSettings,
    clusters: () => [],
    logger,
    recheckMs: 50,
    auditCall: createApiEvents({ sink, now: Date.now, hideFor: createHiddenText('clear', Buffer.from('k')) }),
  });
  server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const opener = await createFrameOpener();
  const ask = (id = stream, { query = `?recipient=${opener.recipient}`, token = 'spt_live', ...more } = {}) =>
    fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/.sallyport/api/v1/streams/${id}/watch${query}`, {
      headers: { authorization: `Bearer ${token}` },
      ...(more as { signal?: AbortSignal }),
    });
  /** Reads what is shown until the watch ends, into `seen`. */
  const seen = { text: '', windows: [] as string[], raw: '', end: undefined as WatchLine['end'] };
  const follow = async (response: Response) => {
    let rest = '';
    for await (const chunk of response.body!) {
      if (seen.raw === '') order.push('bytes');
      rest += Buffer.from(chunk as Uint8Array).toString();
      seen.raw += rest;
      const lines = rest.split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        const { sealed, end } = watchLineSchema.parse(JSON.parse(line));
        seen.end = end;
        for (const frame of sealed === undefined ? [] : await opener.open(Buffer.from(sealed, 'base64'))) {
          if (frame.type === 'data') seen.text += Buffer.from(frame.bytes).toString();
          if (frame.type === 'resize') seen.windows.push(`${frame.columns}x${frame.rows}`);
        }
      }
    }
  };
  return { client, cluster, stream, recording, state, order, events, checks, ask, follow, seen };
}

describe('a recorded session that is watched from another replica', () => {
  it('is shown as it goes on, sealed for the one who watches, after the event of the view', async () => {
    const { client, cluster, ask, follow, seen, order, events, recording, checks } = await setUp();
    client.socket.write(fromClient(4, '{"Width":80,"Height":24}'));
    cluster.socket.write(fromServer(1, 'before'));
    await until(() => JSON.stringify(recorded.recorder.recordings[0]!.file).includes('before'));
    const following = follow(await ask());
    await until(() => seen.windows.length > 0);
    cluster.socket.write(fromServer(1, 'first '));
    await until(() => seen.text === 'first ');
    client.socket.write(fromClient(0, 'typed'));
    cluster.socket.end(fromServer(2, 'last words'));
    await until(() => client.closed());
    client.socket.end();
    await following;
    expect(seen).toMatchObject({ text: 'first last words', windows: ['80x24'], end: 'over' });
    expect(seen.raw).not.toMatch(/first|last words/);
    expect(order.slice(0, 2)).toEqual(['event', 'bytes']);
    expect(events.map(({ type }) => type)).toEqual(['recording.viewed']);
    expect(events[0]!.data).toMatchObject({
      user: { username: 'carol' },
      sallyport: { recording: { id: recording, by: 'watch' }, decision: { effect: 'allow' } },
    });
    expect(checks[0]).toMatchObject({
      target: { kind: 'api', area: 'recordings', cluster: 'dev' },
      kubernetes: { subresource: 'exec', namespace: 'dev', name: 'web' },
    });
  });

  it('is shown no more when the right ends', async () => {
    const { cluster, ask, follow, seen, state } = await setUp();
    const following = follow(await ask());
    cluster.socket.write(fromServer(1, 'seen'));
    await until(() => seen.text === 'seen');
    state.may = false;
    await following;
    expect(seen.end).toBe('not-allowed');
  });

  it('is not shown if the event cannot be recorded', async () => {
    const { ask, state, order } = await setUp();
    state.isRecorded = false;
    expect((await ask()).status).toBe(503);
    expect(order).toEqual([]);
  });

  it('says that the other replica does not answer', async () => {
    const { ask, follow, seen, state } = await setUp();
    const following = follow(await ask());
    await until(() => seen.raw !== '');
    state.isRelayed = false;
    await following;
    expect(seen.end).toBe('unavailable');
  }, 15_000);

  it('does not wait for one who watches and does not read', async () => {
    const { client, cluster, ask } = await setUp();
    const gone = new AbortController();
    const response = await ask(undefined, { signal: gone.signal } as object);
    expect(response.status).toBe(200);
    const size = 8 * 1024 * 1024;
    for (let sent = 0; sent < size; sent += 65_536) cluster.socket.write(fromServer(1, Buffer.alloc(65_536, 120)));
    cluster.socket.end();
    await until(() => client.body().length > size);
    gone.abort();
  });

  it('is shown to four people at a time', async () => {
    const { ask } = await setUp();
    const gone = Array.from({ length: 4 }, () => new AbortController());
    for (const { signal } of gone) expect((await ask(undefined, { signal } as object)).status).toBe(200);
    expect((await ask()).status).toBe(429);
    for (const one of gone) one.abort();
  });

  it('is answered alike if it does not exist, is not recorded, or may not be seen', async () => {
    const { ask, state, stream, order } = await setUp();
    const missing = await ask('0b7c1c0e-0000-4000-8000-000000000000');
    state.may = false;
    const hidden = await ask(stream);
    const texts = await Promise.all([missing, hidden].map(async (one) => `${one.status} ${await one.text()}`));
    expect(texts[0]).toBe(texts[1]);
    expect(texts[0]).toContain('404');
    expect(order).not.toContain('bytes');
  });

  it('is refused without a public key, and to those who are not logged in', async () => {
    const { ask } = await setUp();
    for (const query of ['', '?recipient=age1x', `?recipient=age1${'q'.repeat(58)}`, '?recipient=a&recipient=b'])
      expect((await ask(undefined, { query })).status).toBe(400);
    expect((await ask(undefined, { token: 'spt_other' })).status).toBe(401);
  });
});
