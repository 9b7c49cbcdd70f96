import { createServer as createPlainServer } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { IssuedCertificate } from '@sallyport/bed';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** An issuer of tokens for Kafka, with nothing of ours: the client credentials grant over TLS, and its keys. */
export type TokenIssuer = {
  issuer: string;
  tokenUrl: string;
  jwksUrl: string;
  /** The requests for tokens, by client, whether or not they were granted. */
  requests: Map<string, number>;
  /** The tokens it has issued. */
  issued: string[];
  lifetimeSeconds: number;
  audience: string;
  /** Refuses connections until it is brought back. */
  takeDown(): Promise<void>;
  bringBack(): Promise<void>;
  close(): Promise<void>;
};

const listen = (server: { listen(port: number, host: string, done: () => void): unknown }, port = 0) =>
  new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
const closeServer = (server: { close(done: () => void): unknown; closeAllConnections(): void }) =>
  new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

/** Starts an issuer that knows these secrets, by client. The `sub` of a token is the client. */
export async function startTokenIssuer(
  certificate: IssuedCertificate,
  secrets: Readonly<Record<string, string>>,
): Promise<TokenIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }] };
  const jwks = createPlainServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(keys));
  });
  await listen(jwks);
  const jwksUrl = `http://127.0.0.1:${(jwks.address() as AddressInfo).port}/jwks`;

  const answer = async (authorization: string): Promise<[number, object]> => {
    const [id = '', secret = ''] = Buffer.from(authorization.replace('Basic ', ''), 'base64')
      .toString()
      .split(':')
      .map((part) => decodeURIComponent(part));
    running.requests.set(id, (running.requests.get(id) ?? 0) + 1);
    if (secrets[id] === undefined || secrets[id] !== secret) return [401, { error: 'invalid_client' }];
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .setSubject(id)
      .setIssuer(running.issuer)
      .setAudience(running.audience)
      .setIssuedAt()
      .setExpirationTime(`${running.lifetimeSeconds}s`)
      .sign(privateKey);
    running.issued.push(token);
    return [200, { access_token: token, token_type: 'Bearer', expires_in: running.lifetimeSeconds }];
  };
  const start = () =>
    createServer({ key: certificate.keyPem, cert: certificate.certPem }, (request, response) => {
      void answer(request.headers.authorization ?? '').then(([status, body]) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      );
    });
  let server = start();
  await listen(server);
  const { port } = server.address() as AddressInfo;
  const running: TokenIssuer = {
    issuer: `https://127.0.0.1:${port}`,
    tokenUrl: `https://127.0.0.1:${port}/token`,
    jwksUrl,
    requests: new Map(),
    issued: [],
    lifetimeSeconds: 300,
    audience: 'kafka',
    takeDown: () => closeServer(server),
    async bringBack() {
      server = start();
      await listen(server, port);
    },
    async close() {
      await Promise.all([closeServer(server), closeServer(jwks)]);
    },
  };
  return running;
}
