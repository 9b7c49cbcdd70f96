import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import {
  describeWith,
  eventually,
  startGateway,
  startPractice,
  type Gateway,
  type PracticeAccess,
} from '../harness/index.ts';

const api = '/.sallyport/api/v1';
const [alice, carol, mallory] = ['alice@example.com', 'carol@example.com', 'mallory@example.com'];
const rights = [{ allow: { or: [{ email: { is: carol } }] } }];
const areas = ['sessions', 'audit', 'recordings', 'policy', 'elevations', 'machines'];

/** What an answer is about, where one parameter of several is needed. */
const about: Record<string, string> = { '/policy/rules': '?cluster=dev' };

type Operation = {
  parameters?: { required?: boolean }[];
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
};
type Document = { paths: Record<string, Record<string, Operation>>; components: { schemas: Record<string, object> } };
type Summary = { events: number; scope: string; facets: Record<string, { values: { value: string }[] }> };

describeWith(['redis', 'kafka', 'postgres'], 'the API of two gateways', () => {
  let [gateway, practice]: [Gateway, PracticeAccess] = [undefined!, undefined!];
  const tokens: Record<string, string> = {};
  const closes: (() => void)[] = [];
  const ask = async (user: string, path: string, body?: object) => {
    const answer = await gateway.request(`${api}${path}`, {
      token: tokens[user]!,
      ...(body ? { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
    });
    return { status: answer.status, body: answer.text === '' ? undefined : answer.json() };
  };
  /** Opens a long answer at one of the gateways, and reads it until a text is there. */
  const open = async (user: string, url: string) => {
    const request = httpsRequest(url, { ca: gateway.caPem, headers: { authorization: `Bearer ${tokens[user]!}` } });
    closes.push(() => request.destroy());
    request.on('error', () => undefined).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    let [text, isOver] = ['', false];
    response.on('data', (chunk: Buffer) => (text += chunk.toString()));
    response.on('error', () => undefined).on('close', () => (isOver = true));
    const until = (words: string, times = 1) =>
      eventually(`"${words}" in the answer`, () => (text.split(words).length > times ? text : undefined));
    return { status: response.statusCode, until, isOver: () => isOver, close: () => request.destroy() };
  };

  beforeAll(async () => {
    practice = await startPractice();
    gateway = await startGateway({
      mode: 'processes',
      proxies: 2,
      ownAuthorize: true,
      clusters: [{ name: 'dev', ...practice.access }],
      apiPolicy: Object.fromEntries(areas.map((area) => [area, rights])),
    });
    for (const user of [alice, carol, mallory]) ({ token: tokens[user]! } = await gateway.login(user));
    for (let count = 0; count < 3; count += 1)
      await gateway.request('/clusters/dev/api/v1/namespaces/dev/pods', { token: tokens[alice]! });
    await eventually('the requests in the trail', async () => {
      const { body } = await ask(carol, '/audit/summary?cluster=dev&view=requests&verb=list');
      return (body as Summary).events >= 3 || undefined;
    });
  });
  afterAll(async () => {
    for (const close of closes) close();
    await gateway?.stop();
    await practice?.stop();
  });

  it('answers as its document says', async () => {
    const { paths, components } = (await ask(alice, '/openapi.json')).body as unknown as Document;
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: 'https://document.invalid/', components });
    const validate = (operation: Operation, body: unknown) => {
      const { $ref } = operation.responses['200']!.content!['application/json']!.schema as { $ref: string };
      const check = ajv.compile({ $ref: `https://document.invalid/${$ref}` });
      return check(body) ? [] : check.errors;
    };
    let checked = 0;
    for (const [path, { get }] of Object.entries(paths)) {
      if (!get?.responses['200']?.content?.['application/json'] || get.parameters?.some((one) => one.required))
        continue;
      const { status, body } = await ask(carol, `${path}${about[path] ?? ''}`);
      expect({ path, status, faults: validate(get, body) }).toEqual({ path, status: 200, faults: [] });
      checked += 1;
    }
    expect(checked).toBeGreaterThan(15);
    const questions = {
      '/policy/explain': { cluster: 'dev', verb: 'get', resource: 'pods' },
      '/policy/can-i': { cluster: 'dev', requests: [{ verb: 'get', resource: 'pods' }] },
    };
    for (const [path, question] of Object.entries(questions)) {
      const { status, body } = await ask(alice, path, question);
      const faults = validate(paths[path]!.post!, body);
      expect({ path, status, faults }).toEqual({ path, status: 200, faults: [] });
    }
  });

  it('shows nothing of others to a person without rights, and changes nothing for them, at every call', async () => {
    const { paths } = (await ask(alice, '/openapi.json')).body as unknown as Document;
    const idOf = async (path: string, list: string) => {
      const { body } = await ask(carol, path);
      return (body as unknown as Record<string, { id: string; user?: string }[]>)[list]!.find(
        ({ user }) => user === alice,
      )?.id;
    };
    const watch = await open(alice, `${gateway.url}/clusters/dev/api/v1/namespaces/dev/pods?watch=true`);
    const ids: Record<string, string | undefined> = {
      sessions: await idOf('/sessions?all=true', 'sessions'),
      streams: await eventually('the watch', () => idOf('/streams?all=true', 'streams')),
    };
    const all = { sessions: '?all=true', streams: '?all=true', agents: '?all=true', elevations: '?all=true' };
    const seen: string[] = [];
    for (const [path, operations] of Object.entries(paths))
      for (const method of Object.keys(operations)) {
        const [, first = ''] = path.split('/');
        if (first === 'device' || operations[method]!.responses['200']?.content?.['text/event-stream']) continue;
        const target = path.replace(/\{\w+\}/g, ids[first] ?? crypto.randomUUID());
        const query = method === 'get' && target === path ? (all as Record<string, string>)[first] : undefined;
        const { status, text } = await gateway.request(`${api}${target}${query ?? about[path] ?? ''}`, {
          token: tokens[mallory]!,
          method: method.toUpperCase(),
          ...(method === 'post' ? { body: '{}', headers: { 'content-type': 'application/json' } } : {}),
        });
        expect({ method, path, status: status < 500 }).toEqual({ method, path, status: true });
        expect({ method, path, leaks: /alice@|carol@/.test(text) }).toEqual({ method, path, leaks: false });
        seen.push(`${method} ${path} ${status}`);
      }
    for (const refused of [
      'get /policy',
      'get /policy/rules',
      'get /policy/status',
      'post /policy/reload',
      'get /connectors',
      'get /workloads',
    ])
      expect(seen).toContain(`${refused} 403`);
    expect(seen.filter((one) => /^delete .*[{].* 2/.test(one))).toEqual([]);
    expect([watch.isOver(), (await ask(alice, '/sessions')).status]).toEqual([false, 200]);
    watch.close();
    // What the same calls show to those who may see it.
    for (const path of ['/sessions?all=true', '/audit']) {
      const { body } = await ask(carol, path);
      expect([path, JSON.stringify(body).includes(alice)]).toEqual([path, true]);
    }
  });

  it('counts for a person what they may see', async () => {
    const query = '/audit/summary?routine=omit&view=requests&cluster=dev&facets=user,verb';
    const [all, own] = [(await ask(carol, query)).body, (await ask(alice, query)).body] as unknown as Summary[];
    expect([all!.scope, own!.scope]).toEqual(['all', 'own']);
    expect(all!.facets.user!.values.map(({ value }) => value)).toContain(alice);
    expect(own!.facets.user!.values).toEqual([expect.objectContaining({ value: alice })]);
    expect((await ask(alice, '/audit/summary?user=carol@example.com')).body).toMatchObject({ events: 0 });
  });

  it('says what a policy would have decided, to those who may see policy and trail', async () => {
    const policy = 'allow: {or: [{groups: nobody}]}';
    const { status, body } = await ask(carol, '/policy/what-if?cluster=dev', { policy });
    expect(status).toBe(200);
    expect(body).toMatchObject({ gained: { requests: 0 }, unchanged: { allowed: 0 } });
    const { lost } = body as { lost: { requests: number; byRule: { people: { name: string }[] }[] } };
    expect(lost.requests).toBeGreaterThanOrEqual(3);
    expect(lost.byRule[0]!.people).toEqual([expect.objectContaining({ name: alice })]);
    expect((await ask(alice, '/policy/what-if?cluster=dev', { policy })).status).toBe(403);
    const tests = 'cases: [{user: bob, expect: deny}, {user: bob, expect: allow}]';
    expect((await ask(carol, '/policy/what-if?cluster=dev', { policy, tests })).body).toMatchObject({
      tests: [{ passed: true }, { passed: false, differences: [{ what: 'effect', expected: 'allow', got: 'deny' }] }],
    });
    expect((await ask(alice, '/policy/what-if?cluster=dev', { policy, tests })).status).toBe(403);
    expect(await ask(carol, '/policy/what-if?cluster=dev', { policy: 'allow: 7' })).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('policy:1') },
    });
  });

  it('says that something has changed, whichever gateway it happened at, until the session ends', async () => {
    const [first, second] = [gateway.url, gateway.moreProxies[0]!.url];
    const changes = await open(carol, `${first}${api}/changes`);
    const ofAlice = await open(alice, `${first}${api}/changes`);
    for (const one of [changes, ofAlice]) await one.until('event: hello');
    const watch = await open(alice, `${second}/clusters/dev/api/v1/namespaces/dev/pods?watch=true`);
    expect(watch.status).toBe(200);
    for (const one of [changes, ofAlice]) await one.until('"streams"');
    watch.close();
    const { token } = await gateway.login(carol);
    await changes.until('"sessions"');
    const ended = await gateway.request('/.sallyport/logout', {
      method: 'POST',
      token,
      headers: { 'content-type': 'application/json' },
    });
    expect(ended.status).toBeLessThan(400);
    await changes.until('"sessions"', 2);
    expect(
      (await gateway.request(`${api}/sessions?user=${carol}`, { method: 'DELETE', token: tokens[carol]! })).status,
    ).toBe(200);
    await changes.until('event: end\ndata: {"reason":"session-ended"}');
    await eventually('the end of the answer', async () => changes.isOver() || undefined);
    expect(ofAlice.isOver()).toBe(false);
  });
});
