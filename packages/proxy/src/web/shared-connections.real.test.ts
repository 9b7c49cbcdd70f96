import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { allowWeb, appHost, createWebRig, webHead, type WebRig } from '../testing/web-rig.ts';

let rig: WebRig;
afterEach(() => rig.close());

const get = (lines: readonly string[] = []) => rig.raw(webHead('GET', '/', [...lines, 'Connection: close']));
/** The connections on which the application was asked, each once. */
const connections = () => new Set(rig.asked.map(({ socket }) => socket)).size;
const start = async (handler: (request: IncomingMessage, response: ServerResponse) => void) => {
  rig = await createWebRig(handler);
};

/** Starts an application that authenticates connections: what follows Alice's last message on one is hers (RFC 4559, 6). */
function startAuthenticating(): Promise<void> {
  const people = new WeakMap<object, string>();
  return start((request, response) => {
    const [scheme = '', message] = (request.headers.authorization ?? '').split(' ');
    if (message === 'alices-last') people.set(request.socket, 'alice');
    const user = people.get(request.socket);
    if (user === undefined) {
      const challenge = message === 'first' ? `${scheme} answer` : ['Negotiate', 'NTLM', 'Basic realm="app"'];
      response.writeHead(401, { 'www-authenticate': challenge });
    }
    response.end(`you are ${user ?? 'unknown'}`);
  });
}

describe('an application that authenticates a connection', () => {
  it.each(['NTLM', 'ntlm', 'Negotiate', 'Kerberos', 'Nego2', 'Ntlm\t', 'X-Own', 'NTLM,x'])(
    'with %j does not take Bob for Alice',
    async (scheme) => {
      await startAuthenticating();
      await get([`Authorization: ${scheme} first`]);
      const alices = await get([`Authorization: ${scheme} alices-last`]);
      for (let round = 0; round < 3; round += 1) expect(await get()).toContain('you are unknown');
      // What may be for one connection either goes nowhere, or has a connection to itself.
      expect(alices).toMatch(/^HTTP\/1.1 400|you are alice/);
    },
  );

  it('is told of no scheme for connections, and its user why', async () => {
    await startAuthenticating();
    const answer = await get(['Authorization: Negotiate first']);
    expect(answer).toMatch(/^HTTP\/1.1 400/);
    expect(answer).toContain('Negotiate');
    expect(rig.asked).toEqual([]);
    expect(rig.events.at(-1)!.data.responseStatus).toMatchObject({ code: 400 });
  });

  it.each([
    ['Negotiate', undefined],
    ['Negotiate abc==', undefined],
    ['nTLM TlRMTVNTUAAC=', undefined],
    ['Negotiate, NTLM, Basic realm="a"', 'Basic realm="a"'],
    ['Basic realm="x, NTLM", Negotiate', 'Basic realm="x, NTLM"'],
    ['NTLM abc=,Digest realm="a", nonce="b,NTLM" ,qop = auth,Kerberos', 'Digest realm="a", nonce="b,NTLM", qop = auth'],
    ['Basic realm="open, NTLM', undefined],
    ['Bearer realm="a", error="negotiate"', 'Bearer realm="a", error="negotiate"'],
    ['Basic realm="a"', 'Basic realm="a"'],
  ])('that asks for %s is heard to ask for %s', async (challenge, kept) => {
    await start((_request, response) => response.writeHead(401, { 'www-authenticate': challenge }).end());
    const answer = await get();
    expect(answer).toMatch(/^HTTP\/1.1 401/);
    expect(/^www-authenticate: (.*?)\r$/im.exec(answer)?.[1]).toBe(kept);
  });

  it.each([
    ['Persistent-Auth', 'true'],
    ['WWW-Authenticate', 'Negotiate final'],
    ['WWW-Authenticate', 'Basic realm="a", NTLM'],
  ])('gets no other request on it after it says so (%s: %s)', async (name, value) => {
    await start((_request, response) => response.writeHead(200, { [name]: value }).end('ok'));
    for (let round = 0; round < 3; round += 1) {
      const answer = await get();
      expect(answer).toMatch(/^HTTP\/1.1 200[\s\S]*ok/);
      expect(answer).not.toMatch(/persistent-auth|negotiate|ntlm/i);
    }
    expect(connections()).toBe(3);
  });
});

describe('a connection to an application', () => {
  it('is shared by requests whose credentials are for one request', async () => {
    await start((_request, response) => response.end('ok'));
    for (const scheme of ['Basic YTpi', 'bearer x', 'Digest username="a", uri="/"'])
      await get([`Authorization: ${scheme}`]);
    await get();
    expect(connections()).toBe(1);
  });

  it('is not shared after an answer that came before the body', async () => {
    await start((_request, response) => response.end('ok'));
    const alice = rig.dial();
    let seen = '';
    alice
      .on('error', () => {})
      .on('data', (chunk: Buffer) => {
        seen += chunk.toString('latin1');
      });
    const hidden = 'GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n';
    alice.write(webHead('POST', '/', [`Origin: https://${appHost}`, `Content-Length: ${hidden.length + 4}`]));
    alice.write('head');
    await until(() => seen.endsWith('ok'));
    expect(await get()).toMatch(/ok$/);
    alice.write(hidden);
    await sleep(50);
    expect(await get()).toMatch(/ok$/);
    expect(rig.asked.map(({ url }) => url)).not.toContain('/hidden');
    expect(rig.asked[1]!.socket).not.toBe(rig.asked[0]!.socket);
    alice.destroy();
  });

  it('is not shared after an upgrade that the application refused', async () => {
    await start((_request, response) => response.writeHead(403).end('no'));
    rig.answer = () => allowWeb();
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: k', `Origin: https://${appHost}`];
    await get();
    expect(await rig.raw(webHead('GET', '/', upgrade))).toMatch(/^HTTP\/1.1 403/);
    await get();
    expect(rig.asked).toHaveLength(3);
    expect(rig.asked[1]!.socket).not.toBe(rig.asked[0]!.socket);
    expect(rig.asked[2]!.socket).toBe(rig.asked[0]!.socket);
  });

  it('is not shared after an answer in HTTP/1.0', async () => {
    await start((_request, response) => void response.socket!.write('HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'));
    for (let round = 0; round < 2; round += 1) expect(await get()).toMatch(/ok$/);
    expect(connections()).toBe(2);
  });
});
