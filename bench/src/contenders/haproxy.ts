import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '@sallyport/bed';
import { startServer } from '../machine/child.ts';
import type { Contender, Setup, Wire } from './contender.ts';

function configuration({ caFile, certificate, upstream }: Setup, wire: Wire, port: number): string {
  const secure = wire === 'tls';
  const target = new URL(secure ? upstream.secureUrl : upstream.plainUrl).host;
  return `global
  maxconn 9000
defaults
  mode http
  option http-keep-alive
  http-reuse always
  timeout connect 5s
  timeout client 1h
  timeout server 1h
frontend in
  bind 127.0.0.1:${port}${secure ? ` ssl crt ${certificate.bundleFile} alpn http/1.1` : ''}
  default_backend api
backend api
  server one ${target}${secure ? ` ssl verify required ca-file ${caFile} alpn http/1.1` : ''}
`;
}

/** A forwarder in C that knows nothing about identity. It shows the cost of moving the bytes. */
export const haproxy: Contender = {
  name: 'haproxy',
  title: 'HAProxy (no identity)',
  obstacle: ({ bed }) => bed.missing.find((one) => one.missing === 'haproxy')?.why,
  async start(setup, wire) {
    const port = await freePort();
    const file = path.join(setup.directory, `haproxy-${port}.cfg`);
    writeFileSync(file, configuration(setup, wire, port));
    const child = await startServer(setup.bed.programs.haproxy!, ['-f', file, '-db'], {
      port,
      logFile: path.join(setup.directory, 'haproxy.log'),
    });
    return {
      base: `${wire === 'tls' ? 'https' : 'http'}://127.0.0.1:${port}`,
      headers: {},
      pids: { haproxy: child.pid },
      apart: {},
      stop: () => child.stop(),
    };
  },
};
