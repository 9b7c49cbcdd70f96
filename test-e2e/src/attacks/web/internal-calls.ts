import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { ServiceName } from '@sallyport/contracts';
import { createServiceIdentity, hashToken } from '@sallyport/kit';
import { parse } from 'yaml';
import { httpRequestOnce } from '../../harness/index.ts';
import { webFixture, webHosts } from '../fixtures/web-fixture.ts';

type Callee = 'authenticate' | 'authorize';
const hash = () => hashToken(webFixture().cookies.alice);
/** The calls by which the gateway makes and ends sessions of applications, and decides about them. */
const calls: [Callee, string, () => object][] = [
  [
    'authenticate',
    '/v1/route-sessions',
    () => ({ host: webHosts.app, code: randomBytes(32).toString('base64url'), verifier: 'v'.repeat(43) }),
  ],
  ['authenticate', '/v1/route-sessions/end', () => ({ hash: hash() })],
  [
    'authorize',
    '/v1/check',
    () => ({
      checks: [
        {
          credential: { kind: 'token', hash: hash() },
          target: { kind: 'route', host: webHosts.app },
          request: { method: 'GET', path: '/', host: webHosts.app, ip: '127.0.0.1' },
        },
      ],
    }),
  ],
];
const keyOf = (name: ServiceName) =>
  createPrivateKey(readFileSync(path.join(webFixture().gateway.directory, 'keys', `${name}.pem`)));
const credential = (name: ServiceName, key: ReturnType<typeof keyOf>, audience: ServiceName, offsetMs = 0) =>
  createServiceIdentity({ name, privateKey: key, now: () => Date.now() + offsetMs }).credentialFor(audience);

const forged: [string, (audience: Callee) => Promise<string | undefined> | string | undefined, number][] = [
  ['no credential', () => undefined, 401],
  ['the cookie of a person', () => `Bearer ${webFixture().cookies.alice}`, 401],
  ["an application's assertion of its user", () => `Sallyport-Service ${webFixture().tokens.workload}`, 401],
  ['a key of its own', (audience) => credential('proxy', generateKeyPairSync('ed25519').privateKey, audience), 401],
  ['the key of a service that may not call', (audience) => credential('audit', keyOf('audit'), audience), 403],
  [
    'a credential for another service',
    (audience) => credential('proxy', keyOf('proxy'), audience === 'authorize' ? 'authenticate' : 'authorize'),
    401,
  ],
  ['a credential of ten minutes ago', (audience) => credential('proxy', keyOf('proxy'), audience, -600_000), 401],
];

export function attackWebInternalHops(): void {
  describe('W29: an application that calls the services behind the gateway with', () => {
    const urls: Record<string, string> = {};
    beforeAll(() => {
      const { services } = parse(readFileSync(webFixture().gateway.configFile, 'utf8')) as {
        services: Record<string, { url?: string }>;
      };
      for (const [name, { url }] of Object.entries(services)) if (url !== undefined) urls[name] = url;
    });
    const call = async (callee: Callee, where: string, body: object, authorization: string | undefined) => {
      const answer = await httpRequestOnce(`${urls[callee]}${where}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'sallyport-route': 'https://evil.example',
          'sallyport-client-address': '127.0.0.1',
          ...(authorization === undefined ? {} : { authorization }),
        },
        body: JSON.stringify(body),
      });
      webFixture().answers.push(answer.text);
      return answer;
    };

    it.each(
      forged.flatMap(([what, make, code]) =>
        calls.map(([callee, where, body]): [string, string, Callee, typeof make, typeof body, number] => [
          what,
          where,
          callee,
          make,
          body,
          code,
        ]),
      ),
    )('%s is refused at %s of %s', async (_what, where, callee, make, body, code) => {
      const answer = await call(callee, where, body(), await make(callee));
      expect(answer.status).toBe(code);
      expect(answer.text).not.toMatch(/spt_|alice|developers/);
    });

    it('the credential of the gateway reaches each of them, so that the refusals above are about the credential', async () => {
      const statuses: number[] = [];
      for (const [callee, where, body] of calls)
        if (!where.endsWith('/end'))
          statuses.push((await call(callee, where, body(), await credential('proxy', keyOf('proxy'), callee))).status);
      // The code is invented, and the check is answered.
      expect(statuses).toEqual([400, 200]);
    });

    it('the address of the way back, and names an application itself', async () => {
      const where = `/.sallyport/route/${Buffer.from(webHosts.app).toString('base64url')}/${'A'.repeat(43)}/tab`;
      const answer = await httpRequestOnce(`${urls['authenticate']}${where}`, {
        headers: { 'sallyport-route': 'https://evil.example', 'sallyport-origin': webFixture().gateway.pagesUrl },
      });
      expect([answer.status, answer.headers['location']]).toEqual([401, undefined]);
    });
  });
}
