import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { readBodyText } from '@sallyport/kit';

/** An API server that answers requests for tokens as it is told. */
export type TokenServer = {
  /** As host:port. */
  address: string;
  answer: { status: number; body: unknown };
  asked: { head: IncomingMessage; body: unknown }[];
  close(): Promise<void>;
};

/** Makes `<name>.crt`, a certificate for localhost that signs itself, so that it is its own authority. */
export function makeCertificate(directory: string, name: string): void {
  const about = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const out = ['-keyout', path.join(directory, `${name}.key`), '-out', path.join(directory, `${name}.crt`)];
  execFileSync('openssl', ['req', '-x509', ...kind, ...out, ...about], { stdio: 'ignore' });
}

/** Starts the server, and writes into a directory what the kubelet gives a pod. */
export async function startTokenServer(directory: string): Promise<TokenServer> {
  makeCertificate(directory, 'ca');
  writeFileSync(path.join(directory, 'token'), 'of-the-pod\n');
  const [key, cert] = ['ca.key', 'ca.crt'].map((name) => readFileSync(path.join(directory, name)));
  const server = createServer({ key, cert }, (head, response) => {
    void readBodyText(head, 10_000).then((text) => {
      started.asked.push({ head, body: JSON.parse(text) });
      const { status, body } = started.answer;
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  const started: TokenServer = {
    address: `localhost:${(server.address() as AddressInfo).port}`,
    answer: { status: 201, body: { spec: { expirationSeconds: 1200 }, status: { token: 'of-the-gateway' } } },
    asked: [],
    async close() {
      server.close();
      await once(server, 'close');
    },
  };
  return started;
}
