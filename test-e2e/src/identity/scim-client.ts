import { createHash, randomBytes } from 'node:crypto';
import type { Gateway, HttpAnswer } from '../harness/index.ts';

const userUrn = 'urn:ietf:params:scim:schemas:core:2.0:User';
const groupUrn = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const patchUrn = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

/** A token for a client that pushes, and its form in the configuration. */
export function makeScimToken(id: string): { token: string; entry: { id: string; sha256: string } } {
  const token = randomBytes(32).toString('base64url');
  return { token, entry: { id, sha256: createHash('sha256').update(token).digest('hex') } };
}

/** A client that pushes people and groups through the gateway, like identity providers. */
export function createScimClient(gateway: Pick<Gateway, 'request'>, token: string) {
  const send = (method: string, path: string, body?: object): Promise<HttpAnswer> =>
    gateway.request(`/.sallyport/scim/v2${path}`, {
      method,
      token,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/scim+json' } }),
    });
  const made = async (answer: Promise<HttpAnswer>) => {
    const { status, text, json } = await answer;
    if (status !== 201) throw new Error(`${status}: ${text}`);
    return (json() as { id: string }).id;
  };
  return {
    send,
    /** Creates a user and returns its id. */
    user: (userName: string, more: object = {}) =>
      made(send('POST', '/Users', { schemas: [userUrn], userName, active: true, ...more })),
    /** Creates a group and returns its id. */
    group: (displayName: string, members: string[] = []) =>
      made(send('POST', '/Groups', { schemas: [groupUrn], displayName, members: members.map((value) => ({ value })) })),
    async patch(path: string, ...Operations: object[]): Promise<void> {
      const { status, text } = await send('PATCH', path, { schemas: [patchUrn], Operations });
      if (status >= 300) throw new Error(`${status}: ${text}`);
    },
  };
}
