import { createHmac, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { ServiceName } from '@sallyport/contracts';
import { createServiceIdentity, encodeCaller } from '@sallyport/kit';
import { parse } from 'yaml';
import { httpRequestOnce } from '../../harness/index.ts';
import { attackFixture, stored } from '../fixtures/attack-fixture.ts';

type Callee = 'authenticate' | 'authorize' | 'audit';
const calls: [Callee, string, string][] = [
  ['authorize', 'POST', '/v1/check'],
  ['authorize', 'GET', '/v1/changes'],
  ['authorize', 'GET', '/v1/policy'],
  ['audit', 'POST', '/v1/events'],
  ['authorize', 'POST', '/v1/audit-view'],
  ['authenticate', 'GET', '/v1/sessions?all=true'],
  ['authenticate', 'DELETE', '/v1/sessions/ses_1'],
  ['authenticate', 'GET', '/.sallyport/me'],
  ['authenticate', 'POST', '/.sallyport/token'],
  ['authenticate', 'GET', '/.sallyport/login'],
];
const person = {
  provider: 'corp',
  issuer: 'https://idp',
  subject: 'root',
  user: 'root',
  groups: ['system:masters'],
  amr: [],
};
const forged = {
  'sallyport-caller': encodeCaller({
    session: { id: 'ses_1', kind: 'cli', expiresAt: Date.now() + 60_000 },
    identity: person,
    privileged: true,
    clientAddress: '127.0.0.1',
  }),
  'impersonate-user': 'root',
  'x-remote-user': 'root',
};

const keyOf = (name: ServiceName) =>
  createPrivateKey(readFileSync(path.join(attackFixture().gateway.directory, 'keys', `${name}.pem`)));
const credential = (name: ServiceName, key: ReturnType<typeof keyOf>, audience: ServiceName, offsetMs = 0) =>
  createServiceIdentity({ name, privateKey: key, now: () => Date.now() + offsetMs }).credentialFor(audience);
const jwt = (header: object, payload: object, signed: (text: string) => string) => {
  const text = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `Sallyport-Service ${text}.${signed(text)}`;
};
const signWith = (name: ServiceName) => (text: string) =>
  sign(null, Buffer.from(text), keyOf(name)).toString('base64url');
const seconds = () => Math.floor(Date.now() / 1000);
const claims = (aud: Callee) => ({ iss: 'proxy', aud, iat: seconds(), exp: seconds() + 60 });

/** Credentials of an attacker on the network, and the resulting status. */
const credentials: [string, (audience: Callee) => Promise<string | undefined> | string | undefined, number][] = [
  ['no credential', () => undefined, 401],
  ["a person's token", () => `Bearer ${attackFixture().tokens.alice}`, 401],
  ["a person's token as a service's", () => `Sallyport-Service ${attackFixture().tokens.alice}`, 401],
  ['a key of their own', (audience) => credential('proxy', generateKeyPairSync('ed25519').privateKey, audience), 401],
  [
    'a credential for another service',
    (audience) => credential('proxy', keyOf('proxy'), audience === 'audit' ? 'authorize' : 'audit'),
    401,
  ],
  ['the key of a service that may not call', (audience) => credential('audit', keyOf('audit'), audience), 403],
  ["another service's key under the proxy's name", (audience) => credential('proxy', keyOf('audit'), audience), 401],
  ['a credential of ten minutes ago', (audience) => credential('proxy', keyOf('proxy'), audience, -600_000), 401],
  ['one of the future', (audience) => credential('proxy', keyOf('proxy'), audience, 600_000), 401],
  ['alg none', (audience) => jwt({ alg: 'none', typ: 'sallyport-service+jwt' }, claims(audience), () => ''), 401],
  [
    'HS256 with the public key',
    (audience) =>
      jwt({ alg: 'HS256', typ: 'sallyport-service+jwt' }, claims(audience), (text) =>
        createHmac('sha256', publicKeys['proxy']!).update(text).digest('base64url'),
      ),
    401,
  ],
  [
    'a credential without expiry',
    (audience) =>
      jwt({ alg: 'EdDSA', typ: 'sallyport-service+jwt' }, { ...claims(audience), exp: undefined }, signWith('proxy')),
    401,
  ],
  [
    'a credential of another type',
    (audience) => jwt({ alg: 'EdDSA', typ: 'JWT' }, claims(audience), signWith('proxy')),
    401,
  ],
];

const urls: Record<string, string> = {};
const publicKeys: Record<string, string> = {};

export function attackInternalHops(): void {
  describe('A29: another process on the network, with forged identity headers and', () => {
    beforeAll(() => {
      const { services } = parse(readFileSync(attackFixture().gateway.configFile, 'utf8')) as {
        services: Record<string, { url?: string; publicKey: string }>;
      };
      for (const [name, { url, publicKey }] of Object.entries(services)) {
        if (url !== undefined) urls[name] = url;
        publicKeys[name] = publicKey;
      }
    });

    it.each(
      credentials.flatMap(([what, make, code]) =>
        calls.map(([service, method, where]): [string, string, string, Callee, typeof make, number] => [
          what,
          method,
          where,
          service,
          make,
          code,
        ]),
      ),
    )('%s is refused at %s %s of %s', async (_what, method, where, service, make, code) => {
      const authorization = await make(service);
      const check = {
        credential: { kind: 'token', hash: stored(attackFixture().tokens.alice) },
        target: { kind: 'self' },
        request: { method: 'GET', path: '/', host: 'x', ip: '127.0.0.1' },
      };
      const body = method === 'POST' ? JSON.stringify({ checks: [check] }) : undefined;
      const answer = await httpRequestOnce(`${urls[service]}${where}`, {
        method,
        headers: {
          ...forged,
          'sallyport-origin': attackFixture().gateway.url,
          ...(authorization === undefined ? {} : { authorization }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body }),
      });
      attackFixture().answers.push(answer.text);
      expect(answer.status).toBe(code);
      expect(answer.json()).toMatchObject({ code: code === 401 ? 'unauthenticated' : 'unknown-caller' });
      expect(answer.text).not.toMatch(/alice|developers|policyVersion/);
    });

    it('a live session behind them stays alive', async () => {
      expect(
        (await attackFixture().gateway.request('/.sallyport/me', { token: attackFixture().tokens.alice })).status,
      ).toBe(200);
    });

    it('no credential of the gateway is anonymous at the real API server', async () => {
      const { clusters } = parse(readFileSync(attackFixture().gateway.configFile, 'utf8')) as {
        clusters: { name: string; server: string; caFile: string }[];
      };
      const { server, caFile } = clusters.find(({ name }) => name === 'real')!;
      const ask = (headers: Record<string, string>) =>
        httpRequestOnce(`${server}/api/v1/secrets`, { ca: readFileSync(caFile, 'utf8'), headers });
      const forgeries: Record<string, string>[] = [
        { 'impersonate-user': 'root' },
        { 'x-remote-user': 'root', 'x-remote-group': 'system:masters' },
      ];
      for (const headers of forgeries) expect([401, 403]).toContain((await ask(headers)).status);
      expect(
        (await ask({ authorization: `Bearer ${attackFixture().tokens.alice}`, 'impersonate-user': 'root' })).status,
      ).toBe(401);
    });
  });
}
