import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createCertificateAuthority, startBed } from '@sallyport/bed';
import type { Setup } from './contenders/contender.ts';
import { roadEnds } from './machine/slow-road.ts';
import { startUpstream } from './contenders/start-upstream.ts';

/** Starts what all contenders need: servers, certificates, and the upstream in its own process. */
export async function prepareSetup(log: (text: string) => void): Promise<{ setup: Setup; stop(): Promise<void> }> {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-bench-'));
  const bed = await startBed({
    need: ['redis', 'kafka', 'postgres', 'haproxy', 'wrk', 'vegeta', 'oauth2-proxy'],
    onProgress: log,
  });
  const authority = await createCertificateAuthority({ name: 'sallyport bench' });
  const { certPem: cert, keyPem: key } = await authority.issue({
    commonName: '127.0.0.1',
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1', ...Object.values(roadEnds)],
    server: true,
  });
  const file = (name: string, text: string) => {
    writeFileSync(path.join(directory, name), text, { mode: 0o600 });
    return path.join(directory, name);
  };
  const certificate = {
    cert,
    key,
    certFile: file('server.crt', cert),
    keyFile: file('server.key', key),
    bundleFile: file('server.pem', cert + key),
  };
  const upstream = await startUpstream({ directory, certificate, haproxy: bed.programs.haproxy });
  return {
    setup: { directory, bed, authority, caFile: file('ca.crt', authority.caPem), certificate, upstream },
    async stop() {
      await upstream.stop();
      await bed.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
