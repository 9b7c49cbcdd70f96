import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { freePort } from '@sallyport/bed';
import { startServer } from '../machine/child.ts';
import type { Contender } from './contender.ts';
import { startTokenIssuer } from './token-issuer.ts';

/** Verifies a JWT and forwards: identity, but no separate authorization, no impersonation and no audit. */
export const oauth2Proxy: Contender = {
  name: 'oauth2-proxy',
  title: 'oauth2-proxy 7.15.6 (JWT)',
  obstacle: ({ bed }) => bed.missing.find((one) => one.missing === 'oauth2-proxy')?.why,
  async start({ bed, directory, caFile, certificate, upstream }, wire) {
    const port = await freePort();
    const secure = wire === 'tls';
    const issuer = await startTokenIssuer();
    const listen = secure
      ? [
          '--http-address=',
          `--https-address=127.0.0.1:${port}`,
          `--tls-cert-file=${certificate.certFile}`,
          `--tls-key-file=${certificate.keyFile}`,
        ]
      : [`--http-address=127.0.0.1:${port}`];
    const child = await startServer(
      bed.programs['oauth2-proxy']!,
      [
        ...listen,
        '--provider=oidc',
        `--oidc-issuer-url=${issuer.issuer}`,
        '--client-id=bench',
        '--client-secret=bench',
        `--cookie-secret=${randomBytes(16).toString('hex')}`,
        '--email-domain=*',
        '--skip-jwt-bearer-tokens=true',
        `--upstream=${secure ? upstream.secureUrl : upstream.plainUrl}/`,
      ],
      { port, logFile: path.join(directory, 'oauth2-proxy.log'), env: { SSL_CERT_FILE: caFile } },
    );
    const token = issuer.sign({ aud: 'bench', sub: 'alice', email: 'alice@example.com', email_verified: true });
    return {
      base: `${secure ? 'https' : 'http'}://127.0.0.1:${port}`,
      headers: { Authorization: `Bearer ${token}` },
      pids: { 'oauth2-proxy': child.pid },
      apart: {},
      async stop() {
        await child.stop();
        await issuer.stop();
      },
    };
  },
};
