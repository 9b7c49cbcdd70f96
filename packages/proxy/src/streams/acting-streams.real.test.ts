import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { CheckAnswer } from '@sallyport/contracts';
import { until } from '@sallyport/kit/testing';
import { alice, allow, createRig, type Rig } from '../testing/gateway-rig.ts';

const path = '/clusters/dev/api/v1/namespaces/dev/pods';
const bob = {
  user: 'bob',
  uid: '',
  groups: ['ops'],
  extra: { 'sallyport.dev/session': ['ses_1'], 'sallyport.dev/actor': [alice.user, alice.uid] },
  droppedGroups: [],
};
const acting = (more: Partial<typeof bob> = {}): CheckAnswer => ({ ...allow(), actsAs: { ...bob, ...more } });

let rig: Rig;
/** What the cluster answers to a review: a status, or whether it allows. */
let may: boolean | number = true;
const isReview = ({ url }: IncomingMessage) => url!.includes('selfsubjectaccessreviews');

function answer(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  if (!isReview(request)) {
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    return;
  }
  response.writeHead(typeof may === 'number' ? may : 201, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({
      kind: 'SelfSubjectAccessReview',
      apiVersion: 'authorization.k8s.io/v1',
      status: { allowed: may === true },
    }),
  );
}

type Opened = { status: number; text(): string; over: Promise<unknown> };

function open(method = 'GET', target = `${path}?watch=true`, more: Record<string, string> = {}): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer spt_${'a'.repeat(43)}`,
      'impersonate-user': 'bob',
      'impersonate-group': 'ops',
      ...more,
    };
    const request = httpRequest(
      { port: rig.port, host: '127.0.0.1', path: target, method, headers, agent: false },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        const over = new Promise((settle) => {
          response.on('end', settle);
          response.on('error', settle);
        });
        resolve({ status: response.statusCode!, text: () => text, over });
      },
    );
    request.on('error', reject);
    request.end();
  });
}

const sent = () => rig.seen.filter((request) => !isReview(request));

beforeEach(async () => {
  may = true;
  rig = await createRig(answer, { recheck: '300ms', grace: '1s' });
  rig.answer = () => acting();
});
afterEach(() => rig.close());

describe('a stream that was opened as another', () => {
  it('goes upstream as the other, after the cluster was asked about each name', async () => {
    const { status } = await open();
    expect([status, rig.seen.filter(isReview).length, sent().length]).toEqual([200, 2, 1]);
    const { headers } = sent()[0]!;
    expect(headers).toMatchObject({
      'impersonate-user': 'bob',
      'impersonate-group': 'ops',
      'impersonate-extra-sallyport.dev%2factor': `${alice.user}, ${alice.uid}`,
    });
    expect(headers).not.toHaveProperty('impersonate-uid');
    expect(rig.seen.find(isReview)!.headers['impersonate-user']).toBe(alice.user);
    expect(rig.checks[0]!.kubernetes?.impersonate).toEqual(['user:bob', 'group:ops']);
    await until(() => rig.events.some(({ data }) => data.stage === 'ResponseStarted'));
    expect(rig.events.find(({ data }) => data.stage === 'ResponseStarted')!.data).toMatchObject({
      user: { username: alice.user },
      impersonatedUser: { username: 'bob', groups: ['ops'] },
      sallyport: { request: { impersonate: ['user:bob', 'group:ops'] } },
    });
  });

  it.each([
    ['refused', false, 403],
    ['not answered', 500, 503],
  ])('is refused if the review is %s, and nothing goes upstream', async (_what, answered, code) => {
    may = answered;
    expect((await open()).status).toBe(code);
    expect(sent()).toEqual([]);
    await until(() => rig.events.some(({ data }) => data.responseStatus?.code === code));
    const { data } = rig.events.find((event) => event.data.responseStatus?.code === code)!;
    expect(data).toMatchObject({
      user: { username: alice.user },
      sallyport: { decision: { effect: 'deny', rule: 'cluster/dev.rbac' } },
    });
    expect(data.impersonatedUser).toBeUndefined();
  });

  it.each([
    ['no longer names the other', allow()],
    ['names someone else', acting({ user: 'carol' })],
    ['names fewer groups', acting({ groups: [] })],
  ])('is refused if authorize %s', async (_what, answered) => {
    rig.answer = () => answered;
    expect((await open()).status).toBe(403);
    expect(rig.seen).toEqual([]);
  });

  it('ends when the person loses a group by which they had the right', async () => {
    const watch = await open();
    rig.answer = () => ({ ...acting(), impersonation: { ...alice, groups: [] } });
    rig.streams.onChange({ type: 'gap' });
    await watch.over;
    expect(watch.text()).toContain('Your groups have changed');
  });

  it('ends when the RBAC takes the right away, at a recheck', async () => {
    const watch = await open();
    may = false;
    await watch.over;
    expect(watch.text()).toMatch(/RBAC of cluster .* does not allow you to impersonate users/);
  });

  it('goes on for the grace period while the cluster does not say, and ends then', async () => {
    const watch = await open();
    may = 500;
    await watch.over;
    expect(watch.text()).toContain('could not check for too long');
  });
});

it('never sends the person upstream in place of the other', async () => {
  rig.answer = () => allow();
  expect((await open('GET', path)).status).toBe(403);
  expect(rig.seen).toEqual([]);
  rig.answer = () => acting();
  // Authorize names another for a request that asks for no one.
  await new Promise<void>((resolve) => {
    httpRequest(
      { port: rig.port, host: '127.0.0.1', path, headers: { authorization: `Bearer spt_${'a'.repeat(43)}` } },
      (response) => {
        response.destroy();
        resolve();
      },
    )
      .on('error', () => resolve())
      .end();
  });
  expect(sent().map(({ headers }) => headers['impersonate-user'])).toEqual([alice.user]);
});
