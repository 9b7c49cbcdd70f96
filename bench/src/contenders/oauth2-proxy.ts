import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { freePort } from '@sallyport/bed';
import { createIdentityProvider } from '@sallyport/standalone';
import { startServer } from '../machine/child.ts';
import type { Contender, Running, Setup, Wire } from './contender.ts';
import { logInBrowser } from './log-in.ts';
import { startTokenIssuer } from './token-issuer.ts';

const obstacle = ({ bed }: Setup) => bed.missing.find((one) => one.missing === 'oauth2-proxy')?.why;
const cookieSecret = () => randomBytes(16).toString('hex');

type Given = { issuer: string; port: number; args: readonly string[] };

/** Starts it with TLS on both sides, or on neither. All its settings that are not named here are the defaults. */
async function start({ bed, directory, caFile, certificate, upstream }: Setup, wire: Wire, given: Given) {
  const { port } = given;
  const secure = wire === 'tls';
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
      `--oidc-issuer-url=${given.issuer}`,
      `--upstream=${secure ? upstream.secureUrl : upstream.plainUrl}/`,
      `--cookie-secret=${cookieSecret()}`,
      '--email-domain=*',
      ...given.args,
    ],
    { port, logFile: path.join(directory, `oauth2-proxy-${port}.log`), env: { SSL_CERT_FILE: caFile } },
  );
  return { child, base: `${secure ? 'https' : 'http'}://127.0.0.1:${port}` };
}

const running = (
  { child, base }: Awaited<ReturnType<typeof start>>,
  headers: Record<string, string>,
  stopIssuer: () => Promise<void>,
): Running => ({
  base,
  headers,
  pids: { 'oauth2-proxy': child.pid },
  apart: {},
  async stop() {
    await child.stop();
    await stopIssuer();
  },
});

/** Verifies a JWT and forwards: identity, but no separate authorization, no impersonation and no audit. */
export const oauth2Proxy: Contender = {
  name: 'oauth2-proxy',
  title: 'oauth2-proxy 7.15.6 (JWT)',
  obstacle,
  async start(setup, wire) {
    const issuer = await startTokenIssuer();
    const started = await start(setup, wire, {
      issuer: issuer.issuer,
      port: await freePort(),
      args: ['--client-id=bench', '--client-secret=bench', '--skip-jwt-bearer-tokens=true'],
    });
    const token = issuer.sign({ aud: 'bench', sub: 'alice', email: 'alice@example.com', email_verified: true });
    return running(started, { Authorization: `Bearer ${token}` }, () => issuer.stop());
  },
};

/**
 * Opens the session in the cookie of a browser and forwards, with the name of the person in a header. Its own minimal form
 * of the session has no tokens, so that it is the cheapest.
 */
export const oauth2ProxyForBrowsers: Contender = {
  name: 'oauth2-proxy-cookie',
  title: 'oauth2-proxy 7.15.6 (cookie)',
  obstacle,
  async start(setup, wire) {
    const port = await freePort();
    const provider = await createIdentityProvider();
    const [clientId, clientSecret] = ['oauth2-proxy', 'bench'];
    const base = `${wire === 'tls' ? 'https' : 'http'}://127.0.0.1:${port}`;
    const redirectUri = `${base}/oauth2/callback`;
    provider.register({ clientId, clientSecret, redirectUris: [redirectUri] });
    const started = await start(setup, wire, {
      issuer: provider.issuer,
      port,
      args: [
        `--client-id=${clientId}`,
        `--client-secret=${clientSecret}`,
        `--redirect-url=${redirectUri}`,
        '--code-challenge-method=S256',
        '--skip-provider-button=true',
        '--session-cookie-minimal=true',
        `--cookie-secure=${wire === 'tls'}`,
      ],
    });
    const who = { user: 'alice@example.com', password: 'alice' };
    const cookie = await logInBrowser(`${base}/`, who, setup.authority.caPem);
    return running(started, { Cookie: cookie }, () => provider.close());
  },
};
