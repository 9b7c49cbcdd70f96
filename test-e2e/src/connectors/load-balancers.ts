import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { startCommand, theBed, type RunningCommand } from '../harness/index.ts';

type LoadBalancer = {
  /** For its files. */
  directory: string;
  /** Where it listens, as host:port. */
  listen: string;
  certificate: { certPem: string; keyPem: string };
  gateway: { url: string; caFile: string };
};

/** Starts nginx as docs/connectors.md has it. It gives up what is silent for 16 seconds. */
async function startNginx({ directory, listen, certificate, gateway }: LoadBalancer): Promise<RunningCommand> {
  const [file, pem] = ['nginx.conf', 'nginx.pem'].map((name) => path.join(directory, name)) as [string, string];
  writeFileSync(pem, certificate.certPem + certificate.keyPem, { mode: 0o600 });
  writeFileSync(
    file,
    `daemon off; pid ${directory}/nginx.pid; error_log stderr notice; worker_processes 1;
events {}
http {
  access_log off; client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxied;
  server {
    listen ${listen} ssl;
    ssl_certificate ${pem};
    ssl_certificate_key ${pem};
    location /.sallyport/connector {
      proxy_pass ${gateway.url};
      proxy_ssl_trusted_certificate ${gateway.caFile};
      proxy_ssl_verify on;
      proxy_ssl_name localhost;
      proxy_http_version 1.1;
      proxy_read_timeout 16s;
      proxy_set_header Host $host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
    }
  }
}
`,
  );
  const nginx = startCommand(theBed().programs.nginx!, ['-c', file, '-e', 'stderr'], { timeoutMs: 1_800_000 });
  await nginx.says(/start worker process/);
  return nginx;
}

/** Starts HAProxy as docs/connectors.md has it. It gives up what is silent for 16 seconds. */
async function startHaproxy({ directory, listen, certificate, gateway }: LoadBalancer): Promise<RunningCommand> {
  const [file, pem] = ['haproxy.cfg', 'haproxy.pem'].map((name) => path.join(directory, name)) as [string, string];
  writeFileSync(pem, certificate.certPem + certificate.keyPem, { mode: 0o600 });
  writeFileSync(
    file,
    `defaults
  mode http
  timeout connect 5s
  timeout client 16s
  timeout server 16s
frontend connectors
  bind ${listen} ssl crt ${pem}
  default_backend gateway
backend gateway
  server gateway ${new URL(gateway.url).host} ssl verify required ca-file ${gateway.caFile} verifyhost localhost
`,
  );
  const haproxy = startCommand(theBed().programs.haproxy!, ['-f', file, '-W', '-db'], { timeoutMs: 1_800_000 });
  await haproxy.says(/Loading success/);
  return haproxy;
}

/** The load balancers that end the TLS of a connector in front of the gateway. */
export const loadBalancers = { nginx: startNginx, HAProxy: startHaproxy };
