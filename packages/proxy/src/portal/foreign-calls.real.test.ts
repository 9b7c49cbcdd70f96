import { describe, expect, it } from '@jest/globals';
import { apiOperations, operationOf, type ApiCall } from '@sallyport/contracts/api';
import { createPagesRig, gatewayOrigin, sessionCookie as cookie } from '../testing/pages-rig.ts';

const writing = (Object.keys(apiOperations) as ApiCall[]).filter(
  (call) => !call.startsWith('GET ') && operationOf(call).only !== 'anyone',
);
const formTypes = ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x'];
/** Those of other pages, also of a sibling host and of the same host without TLS, and what a browser hides. */
const foreign = [undefined, 'null', 'https://evil.example', 'https://dev.gate.example.com', 'http://gate.example.com'];

function send(call: ApiCall, headers: Record<string, string>) {
  const { agent, calls } = createPagesRig();
  const [method, path] = call.split(' ') as ['POST' | 'DELETE', string];
  const address = `/.sallyport/api/v1${path.replace(/:\w+/g, 'x1')}`;
  const request = method === 'POST' ? agent.post(address) : agent.delete(address);
  request.set({ host: 'gate.example.com', cookie, ...headers });
  return (method === 'POST' ? request.send('{}') : request).then(({ status }) => ({ status, calls: calls.length }));
}

describe('a call of the API that changes something, with the cookie of a browser', () => {
  it('covers the calls of the document', () => {
    expect(writing.length).toBeGreaterThan(20);
  });

  it.each(writing)('does nothing if another page sends it: %s', async (call) => {
    for (const origin of foreign)
      for (const type of [...formTypes, 'application/json'])
        expect({
          origin,
          type,
          ...(await send(call, { 'content-type': type, ...(origin && { origin }) })),
        }).toEqual({ origin, type, status: 403, calls: 0 });
  });

  it.each(writing.filter((call) => operationOf(call).body !== undefined))(
    'does nothing if a form sends it, even of the own page: %s',
    async (call) => {
      for (const type of formTypes) {
        const { status, calls } = await send(call, { 'content-type': type, origin: gatewayOrigin });
        expect({ type, isRefused: status >= 400 && status < 500, calls }).toEqual({ type, isRefused: true, calls: 0 });
      }
    },
  );
});
