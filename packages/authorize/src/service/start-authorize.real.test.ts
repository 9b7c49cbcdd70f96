import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { AuditRecord } from '@sallyport/contracts';
import { createDirectoryStore } from '@sallyport/directory';
import { ConfigFaults, createReadiness, createServiceIdentity, createServiceVerifier } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { createMemoryElevationStore, createMemorySessionStore } from '@sallyport/stores';
import { checkOf, createLoggerRig, identityOf, loadedConfig, sampleConfig } from '../testing/authorize-rig.ts';
import { startAuthorize } from './start-authorize.ts';

const services = { authorize: { listen: '127.0.0.1:0' } };
function parts(config: unknown = { ...sampleConfig, services }) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { logger, lines } = createLoggerRig();
  const sessions = createMemorySessionStore({ now: Date.now });
  const verifier = createServiceVerifier({ name: 'authorize', publicKeys: { proxy: publicKey }, now: Date.now });
  const identity = createServiceIdentity({ name: 'proxy', privateKey, now: Date.now });
  return {
    given: { loaded: loadedConfig(config), logger, readiness: createReadiness(), sessions, verifier, now: Date.now },
    identity,
    lines,
  };
}

describe('startAuthorize', () => {
  it('listens, answers, is ready while the store responds, and logs the warnings of policies', async () => {
    const { given, identity, lines } = parts();
    const running = await startAuthorize(given);
    try {
      const response = await fetch(`${running.url}/v1/check`, {
        method: 'POST',
        headers: { authorization: await identity.credentialFor('authorize') },
        body: JSON.stringify({ checks: [checkOf(undefined, { kind: 'self' })] }),
      });
      expect(response.status).toBe(200);
      expect(await running.readiness.report()).toEqual({ ready: true, checks: { policy: 'ok', sessions: 'ok' } });
      expect(lines.filter((line) => line['level'] === 40)).toHaveLength(2);
    } finally {
      await running.close();
    }
    await expect(fetch(running.url)).rejects.toThrow();
  });

  it('announces a service account that ends soon, in the trail and to a channel', async () => {
    const got: string[] = [];
    const receiver = createServer((request, response) => {
      request.on('data', (chunk: Buffer) => got.push(chunk.toString()));
      request.on('end', () => response.end('ok'));
    }).listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    const notifications = [{ name: 'ops', slack: { url, allowInsecure: true } }];
    const { given } = parts({ ...sampleConfig, services, notifications });
    const day = 86_400_000;
    await given.sessions.create('h'.repeat(43), {
      version: 2,
      id: 'ses_account',
      kind: 'service-account',
      identity: { ...identityOf('service-account:deployer'), groups: ['ci'] },
      createdAt: Date.now() - 30 * day,
      expiresAt: Date.now() + 5 * day,
      idleMs: 35 * day,
      serviceAccount: { name: 'deployer', maker: { issuer: 'i', subject: 's', user: 'alice@example.com' } },
    });
    const published: AuditRecord[] = [];
    const sink = { publish: async (record: AuditRecord) => void published.push(record), keep: () => undefined };
    const store = createMemoryElevationStore({ now: Date.now });
    const directory = createDirectoryStore({ redis: undefined, now: Date.now });
    const running = await startAuthorize({ ...given, elevations: { store, sink: sink as never, directory } });
    try {
      await until(() => got.length > 0);
      expect(got.join('')).toContain('The service account deployer of alice@example.com ends at');
      expect(published.map(({ type }) => type)).toEqual(['service_account.expiring']);
    } finally {
      await running.close();
      receiver.close();
    }
  });

  it('does not start with a faulty policy', async () => {
    const { given } = parts({ ...sampleConfig, services, api: { policy: { audit: 'everyone' } } });
    await expect(startAuthorize(given)).rejects.toThrow(ConfigFaults);
  });
});

describe('the program', () => {
  const directories: string[] = [];
  afterEach(() => {
    for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
  });

  it('reports the faults of keys and policies with --check-config, and exits with 1', () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'authorize-'));
    directories.push(directory);
    const file = path.join(directory, 'sallyport.yaml');
    writeFileSync(
      file,
      'gateway: {url: "http://127.0.0.1:1"}\nclusters: [{name: dev, server: https://10.0.0.1, token: t, policy: {allow: {orr: []}}}]\n',
    );
    const result = spawnSync(
      process.execPath,
      ['--conditions=source', path.join(import.meta.dirname, '../main.ts'), '--config', file, '--check-config'],
      { encoding: 'utf8', timeout: 20_000 },
    );
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('services.authorize.keyFile');
    expect(result.stderr).toContain('sallyport.yaml:2:');
    expect(result.stderr).toContain('unknown operator "orr" (did you mean or?)');
  });
});
