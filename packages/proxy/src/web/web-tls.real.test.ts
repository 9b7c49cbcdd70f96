import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { authority, intermediate, leaf, leafKey, rsa, server, serverKey } from '../testing/client-certificates.ts';
import { appHost, createWebRig, webHead, type WebRig } from '../testing/web-rig.ts';

let rig: WebRig;
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-web-tls-'));
});
afterAll(() => rmSync(directory, { recursive: true }));
afterEach(() => rig.close());

/** Writes a file and returns its path. */
function file(name: string, text: string): string {
  const full = path.join(directory, name);
  writeFileSync(full, text);
  return full;
}

/** Starts an application with a certificate for the name "localhost". */
const start = async (route: object, name = 'localhost', more: object = {}) => {
  rig = await createWebRig((_request, response) => response.end('ok'), {
    tls: { cert: server, key: serverKey, name, ...more },
    route,
  });
};
const get = (lines: string[] = []) => rig.raw(webHead('GET', '/', ['Connection: close', ...lines]));
const upgrade = [
  `Origin: https://${appHost}`,
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Key: a2V5',
  'Sec-WebSocket-Version: 13',
];

describe('an application with TLS', () => {
  it('is reached if its authority is the one of the route', async () => {
    await start({ toCaFile: file('ca', server) });
    expect(await get()).toMatch(/^HTTP\/1.1 200 OK\r\n[\s\S]*ok$/);
    rig.app.on('upgrade', (_request: IncomingMessage, socket: Duplex) => {
      socket
        .on('error', () => {})
        .end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    });
    expect(await rig.raw(webHead('GET', '/', upgrade))).toMatch(/^HTTP\/1.1 101/);
  });

  it('is reached by its address if the route gives its name', async () => {
    await start({ toCaFile: file('ca', server), toServerName: 'localhost' }, '127.0.0.1');
    expect(await get()).toMatch(/^HTTP\/1.1 200/);
  });

  it.each<[string, () => object, string]>([
    ['of an unknown authority', () => ({}), 'localhost'],
    ['of another authority', () => ({ toCaFile: file('other-ca', authority) }), 'localhost'],
    ['of another name', () => ({ toCaFile: file('ca', server), toServerName: 'other.example.com' }), 'localhost'],
    ['for no address', () => ({ toCaFile: file('ca', server) }), '127.0.0.1'],
  ])('with a certificate %s gets no request, and the browser a 502 without its names', async (_what, route, name) => {
    await start(route(), name);
    for (const head of [
      webHead('GET', '/', ['Connection: close']),
      webHead('POST', '/', [`Origin: https://${appHost}`, 'Connection: close', 'Content-Length: 0']),
      webHead('GET', '/ws', upgrade),
    ]) {
      const answer = await rig.raw(head);
      expect(answer).toMatch(/^HTTP\/1.1 502/);
      expect(answer).toContain('cannot reach the application');
      expect(answer).not.toMatch(/certificate|localhost|127\.0\.0\.1|self.signed|SELF_SIGNED/i);
    }
    expect(await get(['Accept: text/html'])).toMatch(/^HTTP\/1.1 502[\s\S]*The application does not respond/);
    expect(rig.asked).toHaveLength(0);
  });

  it('sees the client certificate of the route', async () => {
    const asking = { ca: authority, requestCert: true, rejectUnauthorized: true };
    const own = { toClientCertFile: file('crt', leaf + intermediate), toClientKeyFile: file('key', leafKey) };
    await start({ toCaFile: file('ca', server), ...own }, 'localhost', asking);
    expect(await get()).toMatch(/^HTTP\/1.1 200/);
    await rig.close();
    await start({ toCaFile: file('ca', server) }, 'localhost', asking);
    expect(await get()).toMatch(/^HTTP\/1.1 502/);
    expect(rig.asked).toHaveLength(0);
  });

  it('that is down, or speaks plain HTTP, is a 502', async () => {
    await start({ toCaFile: file('ca', rsa.cert) });
    rig.app.closeAllConnections();
    rig.app.close();
    expect(await get()).toMatch(/^HTTP\/1.1 502/);
  });
});
