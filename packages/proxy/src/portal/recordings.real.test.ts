import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import type { AuditRecord, Check, CheckAnswer, CheckRequest, RecordingPage, RecordingRow } from '@sallyport/contracts';
import { createLogger, hashToken, ProblemError, type ServiceRequest } from '@sallyport/kit';
import { createPages } from '@sallyport/pages';
import supertest from 'supertest';
import { createHiddenText } from '../audit/hidden-text.ts';
import { landingSettings } from '../testing/pages-rig.ts';
import { createApiEvents } from './calls/api-events.ts';
import { createFindCaller } from './calls/find-caller.ts';
import { createOwnApi } from './create-own-api.ts';

const decision = { effect: 'allow' as const, rule: 'api/recordings[0].allow.and', reasons: [], policyVersion: 'v' };
const idOf = (number: number) => `5f1d9c1e-0000-4000-8000-${String(number).padStart(12, '0')}`;

const makeRow = (number: number, more: Partial<RecordingRow> = {}): RecordingRow => ({
  id: idOf(number),
  auditId: 'a',
  kind: 'exec',
  cluster: 'dev',
  resource: 'pods',
  namespace: 'web',
  name: `web-${number}`,
  user: 'alice',
  demand: 'required',
  recipients: [],
  since: number,
  state: 'complete',
  parts: 1,
  bytes: 4,
  ...more,
});

/** Serves these recordings, of which the policy shows those in the namespace web. */
function setUp(rows: readonly RecordingRow[], { written = async () => undefined as void } = {}) {
  const checks: Check[] = [];
  const events: AuditRecord[] = [];
  const asked: string[] = [];
  const order: string[] = [];
  const check = async ({ credential, target }: Check): Promise<CheckAnswer> => ({
    decision: { ...decision, effect: target.kind === 'self' ? 'allow' : 'deny', rule: 'self' },
    ...(credential.kind === 'token' && credential.hash === hashToken('spt_live')
      ? {
          identity: { provider: 'p', issuer: 'i', subject: 's', user: 'carol', groups: [], amr: [] },
          session: { id: 'ses_1', kind: 'cli', expiresAt: 1 },
        }
      : {}),
  });
  const authorize = {
    async request({ body }: ServiceRequest) {
      const given = (body as CheckRequest).checks;
      checks.push(...given);
      const answers = given.map(({ kubernetes }) => ({
        decision: { ...decision, effect: kubernetes!.namespace === 'web' ? 'allow' : 'deny' },
      }));
      return { status: 200, headers: {}, body: { answers } };
    },
  };
  const audit = {
    async request({ path }: ServiceRequest) {
      asked.push(path);
      const { pathname, searchParams } = new URL(path, 'http://audit');
      const id = /^\/v1\/recordings\/(.+)$/.exec(pathname)?.[1];
      if (id !== undefined) {
        const recording = rows.find((row) => row.id === id);
        if (!recording) throw new ProblemError('not-found', 'There is no such recording.');
        return { status: 200, headers: {}, body: { recording, parts: [], gaps: [] } };
      }
      const start = Number(searchParams.get('after') ?? 0);
      const end = start + Number(searchParams.get('limit'));
      const found = rows.slice(start, end).map((recording, index) => ({ recording, at: String(start + index + 1) }));
      return { status: 200, headers: {}, body: { found, more: end < rows.length } satisfies RecordingPage };
    },
    async stream({ path }: ServiceRequest) {
      asked.push(path);
      if (!path.endsWith('000001.age'))
        return {
          status: 404,
          body: Readable.from([Buffer.from(JSON.stringify({ code: 'not-found', detail: 'not there', status: 404 }))]),
        };
      return {
        status: 200,
        body: Readable.from(
          (function* () {
            order.push('bytes');
            yield Buffer.from('age');
          })(),
        ),
      };
    },
  };
  const sink = {
    publish: async () => {},
    enqueue: (record: AuditRecord) => void events.push(record) as never,
    written: async () => {
      await written();
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
    logger: createLogger({ service: 'proxy', level: 'silent' }),
    auditCall: createApiEvents({ sink, now: Date.now, hideFor: createHiddenText('clear', Buffer.from('k')) }),
  });
  const get = (path: string, token = 'spt_live') =>
    supertest(app).get(`/.sallyport/api/v1/recordings${path}`).set('authorization', `Bearer ${token}`);
  return { get, checks, events, asked, order };
}

describe('the list of recordings', () => {
  it('has those that the caller may see, page by page, as if there were no others', async () => {
    const rows = Array.from({ length: 450 }, (_none, index) =>
      makeRow(index, index % 3 === 0 ? {} : { namespace: 'hidden' }),
    );
    const { get } = setUp(rows);
    const seen: string[] = [];
    let next: string | undefined;
    do {
      const { body } = await get(`?limit=60${next === undefined ? '' : `&after=${next}`}`).expect(200);
      const page = body as { recordings: RecordingRow[]; next?: string };
      expect(page.recordings.length).toBe(Math.min(60, 150 - seen.length));
      seen.push(...page.recordings.map(({ id }) => id));
      next = page.next;
    } while (next !== undefined && seen.length < 150);
    expect(seen).toEqual(rows.filter(({ namespace }) => namespace === 'web').map(({ id }) => id));
  });

  it('is answered after a bounded number of pages', async () => {
    const { get, asked } = setUp(
      Array.from({ length: 5000 }, (_none, index) => makeRow(index, { namespace: 'hidden' })),
    );
    expect((await get('').expect(200)).body).toEqual({ recordings: [], next: '2000' });
    expect(asked).toHaveLength(10);
  });

  it('asks by the session that was recorded', async () => {
    const { get, checks, events } = setUp([
      makeRow(1, { container: 'main', command: ['sh'] }),
      makeRow(2, { cluster: 'prod', resource: 'nodes', name: 'n1', namespace: '' }),
    ]);
    await get('').expect(200);
    expect(checks).toMatchObject([
      {
        credential: { kind: 'token', hash: hashToken('spt_live') },
        target: { kind: 'api', area: 'recordings', cluster: 'dev' },
        kubernetes: {
          resource: 'pods',
          subresource: 'exec',
          namespace: 'web',
          name: 'web-1',
          exec: { container: 'main', command: ['sh'] },
        },
      },
      {
        target: { cluster: 'prod' },
        kubernetes: { resource: 'nodes', subresource: 'proxy', name: 'n1', namespace: '' },
      },
    ]);
    expect(events).toMatchObject([
      { type: 'http.request', data: { sallyport: { decision: { rule: decision.rule } } } },
    ]);
  });

  it('asks with the command of an exec only if events have it in clear', async () => {
    const commands = [['sh', '-c', 'ls'], ['sh', 'hmac-sha256:x'], undefined];
    const { get, checks } = setUp([
      ...commands.map((command, index) => makeRow(index, { command })),
      makeRow(3, { kind: 'attach' }),
      ...commands.map((command, index) => makeRow(4 + index, { command, kind: 'proxy', resource: 'nodes' })),
    ]);
    await get('').expect(200);
    const known = [commands[0], undefined, undefined];
    expect(checks.map(({ kubernetes }) => kubernetes!.exec?.command)).toEqual([...known, [], ...known]);
  });

  it('refuses a query that it does not know, and a caller who is not logged in', async () => {
    const { get, asked } = setUp([]);
    for (const wrong of ['?pod=x', '?limit=0', '?limit=5&limit=6', '?since=yesterday']) await get(wrong).expect(400);
    await get('', 'spt_other').expect(401);
    expect(asked).toEqual([]);
  });
});

describe('one recording and its files', () => {
  const hidden = makeRow(2, { namespace: 'hidden' });

  it('are answered alike if they do not exist, and if the caller may not see them', async () => {
    const { get } = setUp([makeRow(1), hidden]);
    expect((await get(`/${idOf(1)}`).expect(200)).body).toMatchObject({ recording: { id: idOf(1) } });
    const answers = await Promise.all(
      [idOf(2), idOf(3), 'x', 'keys'].flatMap((id) => [get(`/${id}`), get(`/${id}/files/000001.age`)]),
    );
    expect([...new Set(answers.map(({ status, text }) => `${status} ${text}`))]).toEqual([
      expect.stringContaining('404'),
    ]);
  });

  it('leave an event of the view before the first byte, once in ten minutes', async () => {
    const { get, events, order } = setUp([makeRow(1)]);
    const file = `/${idOf(1)}/files/000001.age`;
    const answer = await get(`${file}?by=export`).buffer(true).expect(200).expect('cache-control', 'no-store');
    expect((answer.body as Buffer).toString()).toBe('age');
    expect(order).toEqual(['event', 'bytes']);
    await get(`${file}?by=export`).expect(200);
    await get(`/${idOf(1)}/files/000002.age?by=export`).expect(404);
    expect(events.map(({ type }) => type)).toEqual(['recording.viewed', 'http.request', 'http.request']);
    expect(events[0]).toMatchObject({
      data: {
        user: { username: 'carol' },
        objectRef: { resource: 'pods', subresource: 'exec', namespace: 'web', name: 'web-1' },
        sallyport: {
          cluster: { name: 'dev' },
          recording: { id: idOf(1), by: 'export' },
          decision: { effect: 'allow' },
        },
      },
    });
  });

  it('are not sent if the event cannot be recorded, and the next view leaves one', async () => {
    let fails = true;
    const { get, events, order } = setUp([makeRow(1)], {
      written: async () => {
        if (fails) throw new ProblemError('audit-unavailable', 'no room');
      },
    });
    await get(`/${idOf(1)}/files/000001.age`).expect(503);
    expect(order).toEqual([]);
    fails = false;
    await get(`/${idOf(1)}/files/000001.age`).expect(200);
    expect(events.at(-1)!.type).toBe('recording.viewed');
  });

  it('are no way to another address of the audit service', async () => {
    const { get, asked } = setUp([makeRow(1)]);
    for (const name of ['events', '1.age', '000001.age.age']) await get(`/${idOf(1)}/files/${name}`).expect(404);
    await get(`/${idOf(1)}/files/000001.age?by=magic`).expect(400);
    await get(`/${idOf(1)}/files/000001.age?download=1`).expect(400);
    expect(asked).toEqual([`/v1/recordings/${idOf(1)}`]);
  });
});
