import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { createCertificateAuthority } from '@sallyport/bed';

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** An issuer of tokens for CI jobs. */
export type CiIssuer = {
  issuer: string;
  caFile: string;
  /** The addresses at which it was asked. */
  asked: string[];
  /** Issues a token to a job. `claims` are added or replaced. */
  token(claims?: object): string;
  stop(): void;
};

/** Starts an issuer over HTTPS, shaped like that of GitHub Actions. Its authority is written to `directory`. */
export async function startCiIssuer(directory: string): Promise<CiIssuer> {
  const authority = await createCertificateAuthority({ name: 'ci' });
  const { certPem, keyPem } = await authority.issue({ commonName: 'ci', dnsNames: ['localhost'], server: true });
  const caFile = path.join(directory, 'ci-ca.crt');
  writeFileSync(caFile, authority.caPem);
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const asked: string[] = [];
  const server: Server = createServer({ cert: certPem, key: keyPem }, (request, response) => {
    asked.push(request.url ?? '');
    const body = request.url?.endsWith('/jwks')
      ? { keys: [{ ...keys.publicKey.export({ format: 'jwk' }), kid: 'ci-1', alg: 'RS256', use: 'sig' }] }
      : { issuer, jwks_uri: `${issuer}/.well-known/jwks` };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  }).listen(0);
  await once(server, 'listening');
  const issuer = `https://localhost:${(server.address() as AddressInfo).port}`;
  return {
    issuer,
    caFile,
    asked,
    token(claims: object = {}): string {
      const now = Math.floor(Date.now() / 1000);
      const signed = `${encode({ alg: 'RS256', kid: 'ci-1', typ: 'JWT' })}.${encode({
        iss: issuer,
        aud: 'sallyport',
        sub: 'repo:example/shop:ref:refs/heads/main',
        repository: 'example/shop',
        ref: 'refs/heads/main',
        jti: randomUUID(),
        iat: now,
        nbf: now,
        exp: now + 300,
        ...claims,
      })}`;
      return `${signed}.${sign('sha256', Buffer.from(signed), keys.privateKey).toString('base64url')}`;
    },
    stop: () => void server.close(),
  };
}
