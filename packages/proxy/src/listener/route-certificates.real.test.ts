import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect, type ConnectionOptions } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import {
  authority,
  intermediate,
  leaf,
  leafKey,
  rsa,
  server,
  serverKey,
  stranger,
  strangerKey,
} from '../testing/client-certificates.ts';
import { createGatewayServer } from './create-gateway-server.ts';
import { createRouteCertificates, type RouteCertificates } from './route-certificates.ts';

let directory: string;
let listener: Server;
let certificates: RouteCertificates;

/** Replaces a file as a whole, as renewal tools do. */
function put(name: string, text: string): string {
  const full = path.join(directory, name);
  writeFileSync(`${full}.new`, text);
  renameSync(`${full}.new`, full);
  return full;
}
const pair = (name: string, cert: string, key: string) => ({
  certFile: put(`${name}.crt`, cert),
  keyFile: put(`${name}.key`, key),
});

async function listen(clientCaFile?: string): Promise<void> {
  const destination = { write: () => {} };
  certificates = createRouteCertificates({
    resolvePath: (file) => file,
    clientCaFile,
    profile: undefined,
    logger: createLogger({ service: 'proxy', level: 'silent', destination }),
    everyMs: 10,
  });
  listener = createGatewayServer({
    tls: { cert: server, key: serverKey, clientCa: clientCaFile && authority, contextOf: certificates.contextOf },
    isOwn: () => true,
    recordUnparsable: () => {},
    answerOwn: () => {},
  } as unknown as Parameters<typeof createGatewayServer>[0]) as Server;
  listener.on('tlsClientError', () => {});
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
}

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-routes-'));
});
afterEach(async () => {
  certificates.close();
  listener.close();
  rmSync(directory, { recursive: true });
});

/** Returns the name in the certificate that a client sees, and whether the gateway knew the client's. */
async function see(servername: string | undefined, options: ConnectionOptions = {}) {
  const { port } = listener.address() as AddressInfo;
  const arrived = once(listener, 'secureConnection');
  const socket = connect({
    host: '127.0.0.1',
    port,
    rejectUnauthorized: false,
    ...(servername === undefined ? {} : { servername }),
    ...options,
  });
  const [[own]] = (await Promise.all([arrived, once(socket, 'secureConnect')])) as [[{ authorized: boolean }], unknown];
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return { name: subject.CN, knowsClient: own.authorized };
}
const nameAt = async (servername: string | undefined) => (await see(servername)).name;
const from = (host: string) => `https://${host}:8443`;

describe('the certificate of a route', () => {
  it('is its own for its name, and that of the gateway for every other', async () => {
    await listen();
    certificates.use([
      { from: from('one.example.com'), tls: pair('one', rsa.cert, rsa.key) },
      { from: from('two.example.com'), tls: pair('two', stranger, strangerKey) },
      { from: from('three.example.com'), tls: null },
    ]);
    expect(await nameAt('one.example.com')).toBe('test with RSA');
    expect(await nameAt('ONE.example.COM')).toBe('test with RSA');
    expect(await nameAt('two.example.com')).toBe('stranger');
    for (const name of [
      'three.example.com',
      'unknown.example.com',
      'one.example.com.evil.example',
      'x.two.example.com',
      '__proto__',
      undefined,
    ])
      expect([name, await nameAt(name)]).toEqual([name, 'localhost']);
  });

  it('is followed: a renewed file is used by new connections, and one that does not fit is not', async () => {
    await listen();
    certificates.use([{ from: from('one.example.com'), tls: pair('one', rsa.cert, rsa.key) }]);
    expect(await nameAt('one.example.com')).toBe('test with RSA');
    put('one.crt', stranger);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await nameAt('one.example.com')).toBe('test with RSA');
    put('one.key', strangerKey);
    await until(async () => (await nameAt('one.example.com')) === 'stranger');
    expect(await nameAt('unknown.example.com')).toBe('localhost');
  });

  it('goes with its route, and one that cannot be read changes nothing', async () => {
    await listen();
    const one = { from: from('one.example.com'), tls: pair('one', rsa.cert, rsa.key) };
    certificates.use([one]);
    const bad = { from: from('two.example.com'), tls: { certFile: put('bad.crt', 'x'), keyFile: put('bad.key', 'x') } };
    expect(() => certificates.use([bad])).toThrow();
    expect(await nameAt('one.example.com')).toBe('test with RSA');
    certificates.use([]);
    expect(await nameAt('one.example.com')).toBe('localhost');
  });

  it('asks for client certificates of the same authority as the gateway, also after that was replaced', async () => {
    await listen(put('clients.crt', authority));
    certificates.use([{ from: from('one.example.com'), tls: pair('one', rsa.cert, rsa.key) }]);
    const client = { cert: leaf + intermediate, key: leafKey };
    expect(await see('one.example.com', client)).toEqual({ name: 'test with RSA', knowsClient: true });
    expect((await see('one.example.com', { cert: stranger, key: strangerKey })).knowsClient).toBe(false);
    put('clients.crt', stranger);
    await until(async () => !(await see('one.example.com', client)).knowsClient);
    expect((await see('one.example.com', { cert: stranger, key: strangerKey })).knowsClient).toBe(true);
  });
});
