import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { alice, createRig, gatewayToken, type Rig } from '../testing/gateway-rig.ts';

const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const attributes = { resourceAttributes: { verb: 'delete', group: '', resource: 'pods', namespace: 'dev' } };
const allowed = JSON.stringify({ kind: 'SelfSubjectAccessReview', status: { allowed: true } });
const json = { 'content-type': 'application/json' };

let rig: Rig;
let bodies: string[];
let say: (response: ServerResponse) => void;
beforeEach(async () => {
  bodies = [];
  say = (response) => void response.writeHead(201, json).end(allowed);
  rig = await createRig((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      bodies.push(body);
      say(response);
    });
  });
});
afterEach(() => rig.close());

const ask = (more: object = {}) =>
  rig.reviews.mayPerson({ cluster: rig.cluster, impersonation: alice, attributes, ...more });

describe('a review that is sent to a cluster', () => {
  it("has the gateway's credential, the identity of the person and a recorded audit id, and nothing else", async () => {
    expect(await ask()).toBe('allowed');
    const [{ method, url, rawHeaders }] = rig.seen as [(typeof rig.seen)[0]];
    expect([method, url]).toEqual(['POST', path]);
    const lines = Object.fromEntries(
      rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [[name.toLowerCase(), rawHeaders[index + 1]!]] : [])),
    );
    const body = JSON.stringify({
      kind: 'SelfSubjectAccessReview',
      apiVersion: 'authorization.k8s.io/v1',
      spec: attributes,
    });
    expect(lines).toEqual({
      host: expect.any(String),
      connection: expect.any(String),
      accept: 'application/json',
      'content-type': 'application/json',
      'content-length': String(body.length),
      'user-agent': 'sallyport',
      authorization: `Bearer ${gatewayToken}`,
      'impersonate-user': 'alice@example.com',
      'impersonate-uid': 'u1',
      'impersonate-group': 'developers',
      'impersonate-extra-sallyport.dev%2fsession': 'ses_1',
      'audit-id': rig.events[0]!.data.auditID,
    });
    expect(bodies).toEqual([body]);
    expect(rig.events).toHaveLength(1);
    expect(rig.events[0]!.data).toMatchObject({
      stage: 'ResponseComplete',
      verb: 'create',
      requestURI: path,
      user: { username: 'gateway:access-review' },
      impersonatedUser: { username: 'alice@example.com', uid: 'u1', groups: ['developers'] },
      objectRef: { resource: 'selfsubjectaccessreviews' },
      responseStatus: { code: 201 },
      sallyport: { credentialKind: 'gateway', cluster: { name: 'dev' }, request: { method: 'POST' } },
    });
    expect(JSON.stringify(rig.events)).not.toContain(gatewayToken);
  });

  it.each([
    ['is too long', (response: ServerResponse) => void response.writeHead(201, json).end(allowed.padEnd(2_000_000))],
    [
      'is cut off',
      (response: ServerResponse) =>
        void response.writeHead(201, { ...json, 'content-length': 500 }).end(allowed, () => response.destroy()),
    ],
    [
      'is compressed',
      (response: ServerResponse) =>
        void response.writeHead(201, { ...json, 'content-encoding': 'gzip' }).end('\u001f\u008b'),
    ],
    ['redirects', (response: ServerResponse) => void response.writeHead(307, { location: path }).end()],
  ])('is unknown if the answer %s, and has an event', async (_what, how) => {
    say = how;
    expect(await ask()).toBe('unknown');
    expect(rig.seen).toHaveLength(1);
    expect(rig.events).toHaveLength(1);
  });

  it('is unknown after two seconds without an answer, and has an event', async () => {
    say = () => {};
    const begun = performance.now();
    expect(await ask()).toBe('unknown');
    expect(performance.now() - begun).toBeLessThan(20_000);
    expect(rig.events[0]!.data.responseStatus).toEqual({ code: 0, message: 'the cluster did not respond in time' });
  });

  it('is not sent if it could not be recorded', async () => {
    rig.kafka = 'full';
    expect(await ask()).toBe('unknown');
    expect(rig.seen).toEqual([]);
  });

  it('never carries a name that the cluster does not list', async () => {
    expect(await ask({ impersonation: { ...alice, groups: ['system:masters'] } })).toBe('unknown');
    expect(rig.seen).toEqual([]);
    expect(rig.events).toEqual([]);
  });
});
