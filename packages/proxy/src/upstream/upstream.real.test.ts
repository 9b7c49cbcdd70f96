import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ClusterConfig } from '@sallyport/contracts';
import { ConfigFaults, createLogger } from '@sallyport/kit';
import { server as certificate, serverKey } from '../testing/client-certificates.ts';
import { noConnectors } from '../testing/no-connectors.ts';
import { readClusterAccess } from './read-cluster-access.ts';
import { createFileTokenSource } from './cluster-access.ts';
import { createConnect, createUpstreams, type Upstream } from './upstream.ts';

const logger = createLogger({ service: 'proxy', level: 'silent' });
let directory: string;
const file = (name: string, text: string) => {
  const full = path.join(directory, name);
  writeFileSync(full, text);
  return full;
};
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-upstream-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const cluster = (more: Partial<ClusterConfig>): ClusterConfig => ({
  name: 'dev',
  impersonate: { groups: ['*'], allowSystem: [] },
  ...more,
});
const access = (more: Partial<ClusterConfig>) =>
  readClusterAccess(cluster(more), {
    resolvePath: (name) => path.resolve(directory, name),
    logger,
    now: Date.now,
    through: noConnectors,
  });

describe("the gateway's token for a cluster", () => {
  it('is read again when its file changes, trimmed, and stays in use when the file cannot be read', async () => {
    const clock = { now: 0 };
    const source = createFileTokenSource({ file: file('token', 'one\n'), logger, now: () => clock.now });
    expect(source.current()).toBe('one');
    file('token', '  two \n');
    expect(source.current()).toBe('one');
    clock.now = 6000;
    source.current();
    await source.refresh();
    expect(source.current()).toBe('two');
    rmSync(path.join(directory, 'token'));
    await source.refresh();
    expect(source.current()).toBe('two');
    file('token', '');
    await source.refresh();
    expect(source.current()).toBe('two');
  });

  it('must not be missing or empty at the start', async () => {
    await expect(access({ server: 'https://a', tokenFile: 'none' })).rejects.toThrow(ConfigFaults);
    file('empty', ' \n');
    await expect(access({ server: 'https://a', tokenFile: 'empty' })).rejects.toThrow(/clusters.dev.tokenFile/);
  });
});

describe('a kubeconfig', () => {
  const ca = Buffer.from('CA PEM').toString('base64');
  const config = (user: object) =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'one',
      clusters: [
        {
          name: 'c',
          cluster: { server: 'https://10.0.0.1:6443', 'certificate-authority-data': ca, 'tls-server-name': 'kube' },
        },
      ],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'one', context: { cluster: 'c', user: 'u' } }],
    });

  it('contains address, CA and token', async () => {
    file('config', config({ token: 'secret-token' }));
    const read = await access({ kubeconfig: 'config' });
    expect({ ...read, token: read.token.current() }).toEqual({
      server: 'https://10.0.0.1:6443',
      ca: 'CA PEM',
      serverName: 'kube',
      clientCert: undefined,
      clientKey: undefined,
      token: 'secret-token',
    });
  });

  it('provides the token of its exec plugin, which runs again on demand', async () => {
    const counter = path.join(directory, 'count');
    const plugin = file(
      'plugin.sh',
      `echo x >> ${counter}; n=$(wc -l < ${counter}); echo "{\\"apiVersion\\":\\"client.authentication.k8s.io/v1\\",\\"kind\\":\\"ExecCredential\\",\\"status\\":{\\"token\\":\\"t$((n))\\"}}"\n`,
    );
    file(
      'config',
      config({
        exec: {
          apiVersion: 'client.authentication.k8s.io/v1',
          command: 'sh',
          args: [plugin],
          interactiveMode: 'Never',
        },
      }),
    );
    const read = await access({ kubeconfig: 'config', context: 'one' });
    expect(read.token.current()).toBe('t1');
    await read.token.refresh();
    expect(read.token.current()).toBe('t2');
  });

  it('with an unknown context, or with TLS verification switched off, is a readable fault', async () => {
    file('config', config({ token: 't' }));
    await expect(access({ kubeconfig: 'config', context: 'two' })).rejects.toThrow(/no context "two"; it has one/);
    file('config', config({ token: 't' }).replace('"tls-server-name":"kube"', '"insecure-skip-tls-verify":true'));
    await expect(access({ kubeconfig: 'config' })).rejects.toThrow(/insecure-skip-tls-verify/);
    await expect(access({ kubeconfig: 'none' })).rejects.toThrow(ConfigFaults);
  });
});

describe("a cluster's host", () => {
  it('is found with its port and in any case, and no other is', () => {
    const one = { name: 'dev', host: 'dev.example.com' } as Upstream;
    const upstreams = createUpstreams([one]);
    expect(upstreams.byHost('DEV.example.com:8443')).toBe(one);
    expect(upstreams.byHost('dev.example.com.')).toBeUndefined();
    expect(upstreams.byHost('x.dev.example.com')).toBeUndefined();
  });
});

describe('a connection to a cluster', () => {
  /** Connects to a server that accepts one key exchange group, and returns the agreed group, or the error. */
  async function agree(accepted: string, curves: ClusterConfig['curves']): Promise<string> {
    const listener = createServer({ cert: certificate, key: serverKey, ecdhCurve: accepted }, (socket) => {
      socket.on('error', () => {}).end();
    });
    listener.on('tlsClientError', () => {}).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    const none = { ca: undefined, serverName: 'localhost', clientCert: undefined, clientKey: undefined };
    const { connect } = createConnect({ ...none, server: `https://127.0.0.1:${port}`, curves });
    const socket = connect({ rejectUnauthorized: false }) as TLSSocket;
    try {
      await once(socket, 'secureConnect');
      return (socket.getEphemeralKeyInfo() as { name: string }).name;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code!;
    } finally {
      socket.destroy();
      listener.close();
    }
  }

  it('offers the key exchange groups of the configuration and no others', async () => {
    expect(await agree('X25519', ['P-256', 'X25519'])).toBe('X25519');
    expect(await agree('prime256v1', ['P-256', 'X25519'])).toBe('prime256v1');
    expect(await agree('X25519', ['P-256'])).toBe('ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE');
    expect(await agree('X25519', undefined)).toBe('X25519');
  });
});
