import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect, createSecureContext, type ConnectionOptions, type SecureContext } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { rsa, server, serverKey, stranger, strangerKey } from '../testing/client-certificates.ts';
import { createGatewayServer } from './create-gateway-server.ts';

let listener: Server;
let pending: Map<string, SecureContext>;
let requests: number;
afterEach(() => {
  listener.closeAllConnections();
  listener.close();
});

/** Starts a gateway whose routes have a certificate of RSA at `route.example.com`. */
async function listen(pair: { cert: string; key: string } | undefined = { cert: server, key: serverKey }, acme = true) {
  pending = new Map();
  requests = 0;
  const route = createSecureContext(rsa);
  listener = createGatewayServer({
    tls: {
      cert: pair?.cert,
      key: pair?.key,
      contextOf: (host: string) => (host === 'route.example.com' ? route : undefined),
      challengeOf: acme ? (host: string) => pending.get(host) : undefined,
    },
    isOwn: () => true,
    recordUnparsable: () => {
      requests += 1;
    },
    answerOwn: (_request: IncomingMessage, response: ServerResponse) => {
      requests += 1;
      response.end('answered');
    },
  } as unknown as Parameters<typeof createGatewayServer>[0]) as Server;
  listener.on('tlsClientError', () => {});
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
}

const challenge = () => createSecureContext({ cert: stranger, key: strangerKey });

/** Connects, sends a request, and returns whose certificate was presented, the protocol, and what came back. */
function ask(servername: string | undefined, protocols: string[] | undefined, options: ConnectionOptions = {}) {
  const { port } = listener.address() as AddressInfo;
  return new Promise<string>((resolve) => {
    let text = '';
    const socket = connect({
      host: '127.0.0.1',
      port,
      rejectUnauthorized: false,
      ...(servername === undefined ? {} : { servername }),
      ...(protocols ? { ALPNProtocols: protocols } : {}),
      ...options,
    });
    socket.once('secureConnect', () => {
      const { CN } = socket.getPeerCertificate().subject;
      text = `${String(CN)} ${socket.alpnProtocol || 'none'}`;
      socket.write(`GET / HTTP/1.1\r\nHost: ${servername}\r\nConnection: close\r\n\r\n`);
    });
    let body = '';
    socket.on('data', (chunk: Buffer) => (body += chunk.toString()));
    socket.on('error', (error: NodeJS.ErrnoException) => (text ||= error.code ?? 'error'));
    socket.once('close', () => resolve(body.includes('answered') ? `${text} answered` : text));
  });
}
const acme = ['acme-tls/1'];
const none = 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL';

describe('the challenge tls-alpn-01 on the listener of the gateway', () => {
  it('gets its certificate while it is pending, only for its host, and is never HTTP', async () => {
    await listen();
    expect(await ask('gate.example.com', acme)).toBe(none);
    pending.set('gate.example.com', challenge());
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      expect(await ask('gate.example.com', acme, { maxVersion })).toBe('stranger acme-tls/1');
      expect(await ask('GATE.example.com', acme, { maxVersion })).toBe('stranger acme-tls/1');
      for (const other of ['other.example.com', 'x.gate.example.com', 'route.example.com', undefined])
        expect(await ask(other, acme, { maxVersion })).toBe(none);
    }
    pending.clear();
    expect(await ask('gate.example.com', acme)).toBe(none);
    expect(requests).toBe(0);
  });

  it('changes nothing for clients that speak HTTP, also at the host of a pending challenge', async () => {
    await listen();
    pending.set('gate.example.com', challenge());
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
      for (const [protocols, agreed] of [
        [['http/1.1'], 'http/1.1'],
        [['h2', 'http/1.1'], 'http/1.1'],
        [['acme-tls/1', 'http/1.1'], 'http/1.1'],
        [undefined, 'none'],
      ] as const)
        for (const [host, name] of [
          ['gate.example.com', 'localhost'],
          ['route.example.com', 'test with RSA'],
        ] as const)
          expect(await ask(host, protocols && [...protocols], { maxVersion })).toBe(`${name} ${agreed} answered`);
    expect(await ask('gate.example.com', ['h2'])).toBe(none);
    expect(await ask('gate.example.com', ['acme-tls/1', 'h2'])).toBe(none);
  });

  it('is all that is answered before there is a certificate', async () => {
    await listen({ cert: undefined, key: undefined } as never);
    pending.set('gate.example.com', challenge());
    expect(await ask('gate.example.com', acme)).toBe('stranger acme-tls/1');
    for (const protocols of [['http/1.1'], undefined])
      expect(await ask('gate.example.com', protocols)).toMatch(/ALERT_HANDSHAKE_FAILURE/);
    listener.setSecureContext({ cert: server, key: serverKey });
    expect(await ask('gate.example.com', ['http/1.1'])).toBe('localhost http/1.1 answered');
  });

  it('is unknown to a gateway without ACME', async () => {
    await listen(undefined, false);
    expect(await ask('gate.example.com', acme)).toBe(none);
    expect(await ask('gate.example.com', ['http/1.1'])).toBe('localhost http/1.1 answered');
  });
});
