import { expect } from '@jest/globals';
import request, { type Test } from 'supertest';
import { hashToken } from '@sallyport/kit';
import { credential, gateway } from './test-config.ts';
import { createTestService, type TestService } from './test-service.ts';

const scimToken = 'a-token-of-the-tests-that-is-long-enough';
/** The token of the second source, `other`. */
export const otherToken = 'another-token-that-is-long-enough-too';
export const scimBaseUrl = `${gateway}/.sallyport/scim/v2`;
export const userUrn = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const groupUrn = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const enterpriseUrn = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const patchUrn = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const sha256 = (token: string) => Buffer.from(hashToken(token), 'base64url').toString('hex');

/** Returns a SCIM source with this token. */
export const scimSource = (changes: object = {}, token = scimToken, id = 'okta') => ({
  kind: 'scim',
  tokens: [{ id, sha256: sha256(token) }],
  ...changes,
});

/** Returns the sections of a configuration with one provider and these sources. */
export function withSources(sources: object[], provider: object = {}) {
  return {
    sessions: { memory: true, idle: '10h' },
    identity: {
      providers: [
        { id: 'corp', issuer: 'https://idp.example.com', clientId: 'sallyport', clientSecret: 's3cr3t', ...provider },
      ],
      directory: { sources },
    },
  };
}

type Resource = { id: string; meta: { location: string; version: string }; [name: string]: unknown };

/** Creates a SCIM client whose requests look as the gateway forwards them. */
export function createScimClient(service: Pick<TestService, 'app'>, token: string | undefined = scimToken) {
  const send = (
    method: 'get' | 'post' | 'put' | 'patch' | 'delete',
    path: string,
    body?: object | string,
    headers: Record<string, string> = {},
  ): Test => {
    const call = request(service.app)
      [method](`/.sallyport/scim/v2${path}`)
      .set({
        authorization: credential,
        'sallyport-client-address': '192.0.2.50',
        'user-agent': 'Okta SCIM Client 1.0.0',
        ...(token === undefined ? {} : { 'sallyport-scim-token': hashToken(token) }),
        ...headers,
      });
    if (body === undefined) return call;
    return call
      .set('content-type', headers['content-type'] ?? 'application/scim+json')
      .send(typeof body === 'string' ? body : JSON.stringify(body));
  };
  const created = async (call: Test): Promise<Resource> => {
    const { status, text } = await call;
    if (status !== 201) throw new Error(`${status}: ${text}`);
    return JSON.parse(text) as Resource;
  };
  return {
    send,
    user: (userName: string, more: object = {}) =>
      created(send('post', '/Users', { schemas: [userUrn], userName, active: true, ...more })),
    group: (displayName: string, members: string[] = [], more: object = {}) =>
      created(
        send('post', '/Groups', {
          schemas: [groupUrn],
          displayName,
          members: members.map((value) => ({ value })),
          ...more,
        }),
      ),
    patch: (path: string, ...Operations: object[]) => send('patch', path, { schemas: [patchUrn], Operations }),
    get: async (path: string) => {
      const { status, text } = await send('get', path);
      return { status, body: JSON.parse(text) as Resource & { Resources: Resource[]; totalResults: number } };
    },
  };
}
/** Stores people of the first source, whose ids are their names too. Far faster than a request for each of them. */
export async function storePeople({ store }: Pick<TestService, 'store'>, ids: readonly string[]): Promise<void> {
  await Promise.all(
    ids.map((id) =>
      store.put(
        'scim',
        'people',
        { id, keys: [`name:${id}`], active: true, body: { userName: id }, version: 1, createdAt: 0, changedAt: 0 },
        { expected: undefined },
      ),
    ),
  );
}

export type ScimTestClient = ReturnType<typeof createScimClient>;

/** Creates a service with two SCIM sources, `scim` and `other`, and a client of the first. */
export async function createScimTestService(): Promise<{ service: TestService; scim: ScimTestClient }> {
  const sources = [scimSource(), scimSource({ id: 'other' }, otherToken, 'entra')];
  const service = await createTestService(withSources(sources, { groupSources: ['scim'] }));
  return { service, scim: createScimClient(service) };
}

/** Checks that the answer is a SCIM error, and returns its status and scimType. */
export async function scimErrorOf(call: Test): Promise<string> {
  const { status, text, headers } = await call;
  expect(headers['content-type']).toContain('application/scim+json');
  const body = JSON.parse(text) as { schemas: string[]; status: string; scimType?: string; detail: string };
  expect(body).toMatchObject({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: String(status),
    detail: expect.any(String),
  });
  return `${status} ${body.scimType ?? ''}`.trim();
}
