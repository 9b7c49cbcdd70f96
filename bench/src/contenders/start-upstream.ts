import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '@sallyport/bed';
import type { Setup } from './contender.ts';
import { startOwn, startServer } from '../machine/child.ts';

type Request = Pick<Setup, 'directory' | 'certificate'> & {
  haproxy?: string | undefined;
  /** Where it listens instead of on loopback, and the command in front of it. */
  elsewhere?: { host: string; inside: readonly string[] };
};

// HAProxy answers lists itself and leaves long responses to the Node.js server. It offers HTTP/2 because Go clients are
// fastest with it: over HTTP/1.1 they keep only two idle connections.
const front = (port: number, certificate: string, list: string, plainPort: number) => `global
  maxconn 9000
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
frontend in
  bind 127.0.0.1:${port} ssl crt ${certificate} alpn h2,http/1.1
  acl lasting url_sub watch=true bytes=
  http-request return status 200 content-type application/json file ${list} hdr Cache-Control "no-cache, private" hdr Audit-Id 6f4be0dd-6f0e-4a3a-8b7b-0c7c9d0e8a11 hdr X-Kubernetes-Pf-Flowschema-Uid 4b0d7d5e-0f1c-4a6e-9c9a-d1f6b8a0c2e3 unless lasting
  default_backend lasting
backend lasting
  server one 127.0.0.1:${plainPort}
`;

/** Starts the upstream of all contenders in its own processes: an HTTPS server that costs as little as possible. */
export async function startUpstream({
  directory,
  certificate,
  haproxy,
  elsewhere,
}: Request): Promise<Setup['upstream'] & { stop(): Promise<void> }> {
  const { cert, key, bundleFile } = certificate;
  const { host = '127.0.0.1', inside } = elsewhere ?? {};
  const server = await startOwn<{ securePort: number; plainPort: number; list: string }>(
    'upstream-main.js',
    { cert, key, host },
    path.join(directory, 'upstream.log'),
    inside,
  );
  const { securePort, plainPort, list } = server.ready;
  const plainUrl = `http://${host}:${plainPort}`;
  if (haproxy === undefined) return { secureUrl: `https://${host}:${securePort}`, plainUrl, stop: () => server.stop() };
  const port = await freePort();
  const [listFile, file] = [path.join(directory, 'pods.json'), path.join(directory, 'upstream.cfg')];
  writeFileSync(listFile, list);
  writeFileSync(file, front(port, bundleFile, listFile, plainPort));
  const child = await startServer(haproxy, ['-f', file, '-db'], {
    port,
    logFile: path.join(directory, 'upstream.log'),
  });
  return {
    secureUrl: `https://127.0.0.1:${port}`,
    plainUrl,
    async stop() {
      await child.stop();
      await server.stop();
    },
  };
}
