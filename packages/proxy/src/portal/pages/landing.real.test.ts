import { describe, expect, it } from '@jest/globals';
import { ProblemError, type ServiceRequest } from '@sallyport/kit';
import {
  createPagesRig,
  gatewayOrigin as origin,
  pagesNow as now,
  sessionCookie as cookie,
} from '../../testing/pages-rig.ts';

const hour = 3_600_000;
const evil = `"><script>alert(1)</script>\u202egnp.\u0007`;

const streamRow = (id: string, more: object = {}) => ({
  id,
  kind: 'exec',
  proxy: 'proxy/a',
  cluster: 'dev',
  verb: 'create',
  clientAddress: '10.0.0.9',
  auditId: 'a',
  sessionId: 'ses_2',
  user: 'alice',
  namespace: 'shop',
  resource: 'pods',
  name: 'web',
  subresource: 'exec',
  path: '/p',
  since: now - hour,
  bytesIn: 0,
  bytesOut: 0,
  ...more,
});
const sessionRow = (id: string, more: object = {}) => ({
  id,
  kind: 'cli',
  user: 'alice',
  provider: 'corp',
  createdAt: now - hour,
  expiresAt: now + hour,
  idleEndsAt: now + hour / 2,
  clientAddress: '10.0.0.9',
  userAgent: 'sallyport-cli',
  current: id === 'ses_1',
  ...more,
});

function setUp({ answers = {}, ...options }: Parameters<typeof createPagesRig>[0] = {}) {
  return createPagesRig({
    ...options,
    user: `alice${evil}`,
    groups: ['developers', evil],
    providerName: (id) => (id === 'corp' ? `Corporate ${evil}` : id),
    answers: {
      '/v1/clusters': { clusters: ['dev'] },
      '/v1/sessions': { sessions: [sessionRow('ses_2'), sessionRow('ses_1', { kind: 'browser' })] },
      '/v1/streams': { streams: [streamRow('stream-1')], missing: [], omitted: 0 },
      '/v1/elevations': ({ body }: ServiceRequest) =>
        (body as { action: string }).action === 'list' ? { elevations: [], omitted: 0 } : { options: [], omitted: 0 },
      ...answers,
    },
  });
}

describe('the page at /', () => {
  it('says how to log in to a browser without a session, asks no service, and records nothing', async () => {
    const { get, calls, events } = setUp();
    const { text, headers } = await get('/', {}).expect(200);
    expect(text).toContain('<h1>Kubernetes access</h1>');
    expect(text).toContain(`href="${origin}/.sallyport/login?return_to=/"`);
    expect(text).toContain('sallyport login gate.example.com<');
    expect(headers).toMatchObject({ 'cache-control': 'no-store', vary: 'Accept, Cookie', 'x-frame-options': 'DENY' });
    expect([calls, events]).toEqual([[], []]);
  });

  it('points to the origin of the login pages where browsers have their session there', async () => {
    const { get } = setUp({ own: 'https://other.example.com' });
    const { text } = await get('/', { host: 'other.example.com' }).expect(200);
    expect(text).toContain(`Your page is at <a href="${origin}/">`);
  });

  it('treats an ended session, two cookies and a signed token as logged out', async () => {
    for (const held of ['__Host-sallyport=spt_dead', `${cookie}; __Host-sallyport=spt_x`, '__Host-sallyport=a.b.c']) {
      const { get, calls } = setUp();
      const { text, headers } = await get('/', { cookie: held }).expect(200);
      expect(text).toContain('<h1>Kubernetes access</h1>');
      expect(headers).not.toHaveProperty('www-authenticate');
      expect(calls).toEqual([]);
    }
  });

  it("shows the caller's own clusters, sessions and streams, with one event for the view", async () => {
    const { get, calls, events } = setUp();
    const { text, headers } = await get().expect(200);
    expect(text).toContain('kubectl --context sallyport-dev get pods');
    expect(text).not.toContain('sallyport-c000');
    expect(text).toContain('action="/.sallyport/streams/stream-1/end"');
    expect(text).toContain('action="/.sallyport/sessions/ses_2/end"');
    expect(text).not.toContain('/sessions/ses_1/end');
    expect(text.match(/this one/g)).toHaveLength(1);
    expect(text).toContain('2 Jan 2026, 11:00 UTC</time> (60 minutes ago)');
    expect(headers['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', vary: 'Accept, Cookie' });
    expect(calls.map(({ path }) => path).toSorted((a, b) => a.localeCompare(b))).toEqual([
      '/v1/clusters',
      '/v1/elevations',
      '/v1/elevations',
      '/v1/sessions',
      '/v1/streams',
    ]);
    expect(events).toEqual([{ status: 200, path: '/' }]);
  });

  it('says of a cluster behind a connector whether that is connected, and since when, but not its name', async () => {
    const connector = { name: 'planted', connected: false, since: now - hour, carriers: [], ended: [] };
    const { text } = await setUp({ connector }).get().expect(200);
    expect(text).toMatch(/Connector not connected since <time [^>]*>2 Jan 2026, 11:00 UTC<\/time>/);
    expect(text).not.toContain('planted');
    expect((await setUp({ connector: { ...connector, connected: true } }).get()).text).toContain('Connector connected');
    expect((await setUp().get()).text).not.toContain('Connector');
  });

  it('lists the web applications that authorize names, and no others, by one question', async () => {
    const applications = ['wiki', 'grafana', 'vault'].map((one) => ({
      host: `${one}.example.com`,
      origin: `https://${one}.example.com:8443`,
      name: one === 'wiki' ? `The wiki${evil}` : undefined,
    }));
    const { get, calls } = setUp({
      applications,
      answers: {
        '/v1/clusters': { clusters: [], routes: ['grafana.example.com', 'wiki.example.com', 'gone.example.com'] },
      },
    });
    const { text } = await get().expect(200);
    expect(text).toContain('<h2>Applications</h2>');
    expect(text).toContain('<a href="https://grafana.example.com:8443/"><bdi>grafana.example.com</bdi></a>');
    expect(text).toMatch(/href="https:\/\/wiki\.example\.com:8443\/"><bdi>The wiki&quot;&gt;&lt;script&gt;/);
    expect(text.indexOf('grafana')).toBeLessThan(text.indexOf('wiki'));
    expect(text).not.toMatch(/vault|gone|<script>alert/);
    const asked = calls.filter(({ path }) => path === '/v1/clusters');
    expect(asked.map(({ body }) => body)).toEqual([expect.objectContaining({ routes: true })]);
  });

  it('does not mention web applications where the person may use none, or the gateway has none', async () => {
    const vault = { host: 'vault.example.com', origin: 'https://vault.example.com', name: undefined };
    for (const applications of [[vault], []]) {
      const { get, calls } = setUp({ applications, answers: { '/v1/clusters': { clusters: ['dev'], routes: [] } } });
      const { text } = await get().expect(200);
      expect(text).not.toMatch(/Applications|vault/);
      const [asked] = calls.filter(({ path }) => path === '/v1/clusters');
      expect((asked!.body as { routes?: boolean }).routes).toBe(applications.length > 0 ? true : undefined);
    }
  });

  it('says that the web applications cannot be listed while authorize is away', async () => {
    const vault = { host: 'vault.example.com', origin: 'https://vault.example.com', name: undefined };
    const away = new ProblemError('authorize-unavailable', 'Not now.');
    const { get } = setUp({ applications: [vault], answers: { '/v1/clusters': away } });
    const { text } = await get().expect(200);
    expect(text).toMatch(
      /<h2>Applications<\/h2>\s*<p class="note">This list is not available at the moment\. Not now\./,
    );
    expect(text).not.toContain('vault');
  });

  it('escapes hostile names, shows what is invisible, and shortens what is long', async () => {
    const long = 'x'.repeat(8000);
    const { get } = setUp({
      answers: {
        '/v1/streams': {
          streams: [
            streamRow('s1', { name: evil, namespace: long, container: evil, kind: 'exec' }),
            streamRow('s2', { resource: '', path: evil }),
            streamRow(`s3"><b>`, {}),
          ],
          missing: ['proxy/b'],
          omitted: 0,
        },
        '/v1/sessions': { sessions: [sessionRow('ses_3', { userAgent: evil, clientAddress: evil })] },
      },
    });
    const { text } = await get().expect(200);
    expect(text).not.toMatch(/<script>alert|\u202e|\u0007|<b>/);
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;\\u{202e}gnp.\\u{7}');
    expect(text).not.toContain('x'.repeat(300));
    expect(text).toContain('Some replicas of the gateway did not answer');
  });

  it('stays short with thousands of streams, sessions and clusters, and says how many more there are', async () => {
    const { get } = setUp({
      answers: {
        '/v1/clusters': { clusters: Array.from({ length: 300 }, (_none, at) => `c${String(at).padStart(3, '0')}`) },
        '/v1/streams': {
          streams: Array.from({ length: 2000 }, (_none, at) => streamRow(`stream-${at}`)),
          missing: [],
          omitted: 500,
        },
        '/v1/sessions': { sessions: Array.from({ length: 1000 }, (_none, at) => sessionRow(`ses_${at}`)) },
      },
    });
    const { text } = await get().expect(200);
    expect(text.match(/<form/g)!.length).toBe(1 + 100 + 50);
    for (const more of ['And 200 more.', 'And 2400 more.', 'And 950 more.']) expect(text).toContain(more);
    expect(text.length).toBeLessThan(200_000);
    expect(text.indexOf('this one')).toBeLessThan(text.indexOf('/sessions/ses_0/end'));
  });

  it('is shown without a list that is not available', async () => {
    const { get, events } = setUp({
      answers: {
        '/v1/streams': new ProblemError('sessions-unavailable', 'Redis does not answer.'),
        '/v1/sessions': { sessions: 'none' },
      },
    });
    const { text } = await get().expect(200);
    expect(text).toContain('This list is not available at the moment. Redis does not answer.');
    expect(text).toContain('The list of sessions could not be read.');
    expect(text).toContain('kubectl --context sallyport-dev get pods');
    expect(events).toEqual([{ status: 200, path: '/' }]);
  });

  it('is refused, and asks no one, while no event can be recorded', async () => {
    const { get, post, calls } = setUp({ room: false });
    await get().expect(503);
    await post('/.sallyport/streams/stream-1/end').expect(503);
    expect(calls).toEqual([]);
  });

  it('shows a notice only after a click on it, and only one of its own', async () => {
    const { get } = setUp();
    const notice = async (done: string, site: string | undefined) =>
      /role="status">([^<]*)/.exec(
        (await get(`/?done=${done}`, { cookie, ...(site === undefined ? {} : { 'sec-fetch-site': site }) })).text,
      )?.[1];
    expect(await notice('stream', 'same-origin')).toBe('The stream has ended.');
    for (const site of ['cross-site', 'same-site', 'none', undefined])
      expect(await notice('stream', site)).toBeUndefined();
    for (const done of ['constructor', '<b>', 'x&done=stream'])
      expect(await notice(done, 'same-origin')).toBeUndefined();
  });

  it('answers HEAD without a body, and is not there for anything else', async () => {
    const { agent, get } = setUp();
    const head = await agent.head('/').set({ host: 'gate.example.com', accept: 'text/html', cookie }).expect(200);
    expect([head.text, Number(head.headers['content-length']) > 1000]).toEqual([undefined, true]);
    await get('/', { cookie, accept: 'application/json' }).expect(404);
    await get('/', { cookie, host: 'evil.example' }).expect(404);
    await get('/', { authorization: 'Bearer spt_program' }).expect(404);
    await agent.post('/').set({ host: 'gate.example.com', accept: 'text/html', cookie, origin }).expect(404);
  });
});

describe('an end button', () => {
  it("ends the caller's own stream or session, and leads back to the page", async () => {
    const { post, calls, events } = setUp();
    const stream = await post('/.sallyport/streams/stream-1/end', { 'sec-fetch-site': 'same-origin' }).expect(303);
    expect(stream.headers['location']).toBe('/?done=stream');
    const session = await post('/.sallyport/sessions/ses_2/end').expect(303);
    expect(session.headers['location']).toBe('/?done=session');
    expect(calls).toMatchObject([
      { method: 'POST', path: '/v1/streams/end', body: { stream: 'stream-1' } },
      { method: 'DELETE', path: '/v1/sessions/ses_2' },
    ]);
    for (const { headers } of calls)
      expect(JSON.parse(Buffer.from(headers!['sallyport-caller']!, 'base64url').toString())).toMatchObject({
        privileged: false,
      });
    expect(events).toEqual([
      { status: 303, path: '/.sallyport/streams/stream-1/end' },
      { status: 303, path: '/.sallyport/sessions/ses_2/end' },
    ]);
  });

  it('says so if it had already ended, or was never theirs', async () => {
    const { post, events } = setUp({ answers: { '/v1/streams/end': new ProblemError('not-found', 'none') } });
    const gone = await post('/.sallyport/streams/stream-1/end').expect(303);
    expect(gone.headers['location']).toBe('/?done=gone');
    expect(events).toEqual([{ status: 404, path: '/.sallyport/streams/stream-1/end' }]);
  });

  it.each<Record<string, string>>([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: '' },
    { origin: 'https://gate.example.com.evil.example' },
    { origin: 'https://gate.example.com:8443' },
    { origin: 'http://gate.example.com' },
    { origin: 'https://GATE.example.com' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'none' },
    { cookie: '', authorization: 'Bearer spt_program' },
  ])('ends nothing for a request that is not from the page: %j', async (headers) => {
    const { post, calls, events } = setUp();
    await post('/.sallyport/streams/stream-1/end', headers).expect(403);
    await post('/.sallyport/sessions/ses_2/end', headers).expect(403);
    expect(calls).toEqual([]);
    expect(events.map(({ status }) => status)).toEqual([403, 403]);
  });

  it('ends nothing without an origin, without a session, or for another method than POST', async () => {
    const { agent, post, get, calls } = setUp();
    const path = '/.sallyport/streams/stream-1/end';
    await agent.post(path).set({ host: 'gate.example.com', accept: 'text/html', cookie }).expect(403);
    const loggedOut = await post(path, { cookie: '' }).expect(303);
    expect(loggedOut.headers['location']).toBe('/');
    const refused = await get(path).expect(405);
    expect(refused.headers['allow']).toBe('POST');
    for (const method of ['head', 'put', 'delete', 'options'] as const)
      await agent[method](path).set({ host: 'gate.example.com', cookie, origin }).expect(405);
    await post('/.sallyport/streams/..%2fx/end').expect(400);
    await post('/.sallyport/streams//end').expect(400);
    await post(`${path}/`).expect(400);
    expect(calls).toEqual([]);
  });
});
