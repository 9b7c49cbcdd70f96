import { writeFileSync } from 'node:fs';
import { get } from 'node:https';
import path from 'node:path';
import { createCertificateAuthority } from '../certificates/certificate-authority.ts';
import type { Programs } from '../components/catalogue.ts';
import { flags } from '../run/command.ts';
import { freePort } from '../run/free-port.ts';
import { ManagedProcess } from '../run/managed-process.ts';
import { componentDirectory, type Run } from '../run/run-directory.ts';
import { serverHandle, type ServerHandle } from './server-handle.ts';

export type PebbleOptions = {
  /** The ports at which it looks for the challenges http-01 and tls-alpn-01, in place of 80 and 443. */
  httpPort: number;
  tlsPort: number;
  /** How long its certificates are valid. The default is 90 days. */
  validitySeconds?: number;
  /** The share of good nonces that it refuses, in percent. The default is 0. */
  rejectedNonces?: number;
  /** Require accounts at the CA: the ID of each key, and the key in base64url. */
  externalAccounts?: Record<string, string>;
};

/**
 * Pebble, the ACME server for tests of Let's Encrypt, with a DNS server in which every name leads to 127.0.0.1. It
 * validates challenges, and keeps accounts and orders only until it is paused.
 */
export type PebbleServer = ServerHandle & {
  /** The URL of its directory, over TLS with a certificate of the CA in `caFile`. */
  directory: string;
  caFile: string;
  /** Lets a name lead to another IPv4 address. */
  resolve(name: string, address: string): Promise<void>;
};

/** Starts Pebble and its DNS server on free loopback ports. */
export async function startPebble(
  options: { run: Run; programs: Programs } & Partial<PebbleOptions>,
): Promise<PebbleServer> {
  const { run, programs, rejectedNonces = 0 } = options;
  const directory = componentDirectory(run, 'pebble');
  const [port, dns, management] = [await freePort(), await freePort(), await freePort()];
  const authority = await createCertificateAuthority({ name: 'Pebble of the bed' });
  const issued = await authority.issue({ commonName: 'pebble', ipAddresses: ['127.0.0.1'] });
  const write = (name: string, text: string): string => {
    const file = path.join(directory, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  const caFile = write('ca.crt', authority.caPem);
  const files = { certificate: write('tls.crt', issued.certPem), privateKey: write('tls.key', issued.keyPem) };
  const url = `https://127.0.0.1:${port}/dir`;
  const names = new ManagedProcess({
    run,
    name: 'pebble-challtestsrv',
    program: programs['pebble-challtestsrv'],
    args: flags({
      dnsserver: `127.0.0.1:${dns}`,
      management: `127.0.0.1:${management}`,
      defaultIPv4: '127.0.0.1',
      defaultIPv6: '',
      // The gateway answers the challenges.
      http01: '',
      https01: '',
      tlsalpn01: '',
      doh: '',
    }),
    ready: async () => (await fetch(`http://127.0.0.1:${management}/`)).status === 404,
  });
  const server = new ManagedProcess({
    run,
    name: 'pebble',
    program: programs.pebble,
    args: [
      '-config',
      write('pebble.json', pebbleConfig({ ...options, ...files, port })),
      '-dnsserver',
      `127.0.0.1:${dns}`,
    ],
    env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_AUTHZREUSE: '0', PEBBLE_WFE_NONCEREJECT: String(rejectedNonces) },
    ready: () => answers(url, authority.caPem),
  });
  await names.start();
  await server.start();
  return {
    ...serverHandle(server),
    directory: url,
    caFile,
    async resolve(name, address) {
      const body = JSON.stringify({ host: `${name}.`, addresses: [address] });
      await fetch(`http://127.0.0.1:${management}/clear-a`, { method: 'POST', body });
      await fetch(`http://127.0.0.1:${management}/add-a`, { method: 'POST', body });
    },
    async stop() {
      await server.stop();
      await names.stop();
    },
  };
}

/** Returns the configuration of Pebble. */
export function pebbleConfig(
  options: { port: number; certificate: string; privateKey: string } & Partial<PebbleOptions>,
): string {
  const { port, certificate, privateKey, httpPort = 80, tlsPort = 443, externalAccounts } = options;
  return JSON.stringify({
    pebble: {
      listenAddress: `127.0.0.1:${port}`,
      managementListenAddress: '',
      certificate,
      privateKey,
      httpPort,
      tlsPort,
      keyAlgorithm: 'ecdsa',
      retryAfter: { authz: 1, order: 1 },
      profiles: { default: { description: 'bed', validityPeriod: options.validitySeconds ?? 90 * 86_400 } },
      ...(externalAccounts && {
        externalAccountBindingRequired: true,
        externalAccountMACKeys: externalAccounts,
      }),
    },
  });
}

function answers(url: string, ca: string): Promise<boolean> {
  return new Promise((resolve) => {
    // RFC 8555, 6.1: a client must name itself.
    get(url, { ca, agent: false, headers: { 'user-agent': 'bed' } }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).once('error', () => resolve(false));
  });
}
