import { expect, it } from '@jest/globals';
import { apiPrefix } from '@sallyport/contracts/api';
import { createLogger } from '@sallyport/kit';
import { createPages } from '@sallyport/pages';
import supertest from 'supertest';
import { landingSettings } from '../testing/pages-rig.ts';
import { createOwnApi } from './create-own-api.ts';
import { buildOpenApi } from './openapi/build-openapi.ts';

const unused = () => Promise.reject(new Error('not used'));
const service = { request: unused, stream: unused };
const identity = { provider: 'corp', issuer: 'https://idp', subject: 's', user: 'alice', groups: [], amr: [] };

const setUp = () =>
  createOwnApi({
    origin: 'https://gate',
    findCaller: async (_request, credential, clientAddress) => {
      if (!credential) throw new Error('no credential');
      const session = { id: 'ses_1', kind: 'cli', expiresAt: 1 } as const;
      const decision = { effect: 'allow' as const, rule: 'r', reasons: [], policyVersion: 'v' };
      return { caller: { session, identity, privileged: false, clientAddress }, answer: { decision } };
    },
    clientAddress: () => '10.0.0.9',
    clientCertificateOf: () => undefined,
    authenticate: service,
    audit: service,
    authorize: service,
    ownPages: createPages({ host: 'gate.example.com' }),
    toAuthenticate: (_request, response) => void response.end(),
    landing: landingSettings,
    clusters: () => [],
    auditCall: { open: () => {}, complete: () => undefined },
    logger: createLogger({ service: 'proxy', level: 'silent' }),
  });

type Layer = { route?: { path: string | string[]; methods: Record<string, boolean> } };

it('describes in the document of the API every call that is mounted, and no others', () => {
  const mounted = (setUp().router as unknown as { stack: Layer[] }).stack.flatMap(({ route }) => {
    const all = Object.keys(route?.methods ?? {});
    // Of a call that is passed on with any method, the service behind the gateway accepts only POST.
    const methods = all.length > 1 ? ['post'] : all;
    return [route?.path ?? []].flat().flatMap((path) => methods.map((method) => `${method} ${path}`));
  });
  const { paths } = buildOpenApi() as { paths: Record<string, object> };
  const described = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method} ${apiPrefix}${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
  );
  expect(described.toSorted()).toEqual(mounted.filter((one) => one.includes(` ${apiPrefix}/`)).toSorted());
});

it('serves the document to everyone who is logged in', async () => {
  const agent = supertest(setUp());
  const { body } = await agent.get(`${apiPrefix}/openapi.json`).set('authorization', 'Bearer spt_live').expect(200);
  expect(body).toEqual(JSON.parse(JSON.stringify(buildOpenApi())));
  expect((await agent.get(`${apiPrefix}/openapi.json`)).status).not.toBe(200);
});
