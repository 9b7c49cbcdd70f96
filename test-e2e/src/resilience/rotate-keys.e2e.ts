import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { serviceNames, type ServiceName } from '@sallyport/contracts';
import { createServiceIdentity } from '@sallyport/kit';
import { parse } from 'yaml';
import {
  describeWith,
  eventually,
  httpRequestOnce,
  keyMetric,
  publicHalves,
  startGateway,
  startPractice,
  type Gateway,
  type PracticeAccess,
} from '../harness/index.ts';

type Services = Record<ServiceName, { keyFile: string; publicKey: string; url?: string }>;

/** Replaces a file as a whole. */
function replace(file: string, content: string): void {
  writeFileSync(`${file}.new`, content, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

describeWith(['redis', 'kafka', 'postgres'], 'service keys that are replaced', () => {
  let practice: PracticeAccess;
  let gateway: Gateway;
  let services: Services;
  const publicFile = (name: ServiceName) => path.join(gateway.directory, `${name}.pub`);
  const keyFile = (name: ServiceName) => path.resolve(gateway.directory, services[name].keyFile);

  beforeAll(async () => {
    practice = await startPractice();
    gateway = await startGateway({ mode: 'processes', clusters: [practice.access] });
    ({ services } = parse(readFileSync(gateway.configFile, 'utf8')) as { services: Services });
    for (const name of serviceNames) replace(publicFile(name), `${services[name].publicKey}\n`);
    gateway.reconfigure((config) => {
      for (const name of serviceNames)
        (config['services'] as Services)[name].publicKey = `\${file:${publicFile(name)}}`;
    });
    await Promise.all(serviceNames.map((name) => gateway.processes!.restart(name)));
  });
  afterAll(async () => {
    await gateway?.stop();
    await practice?.stop();
  });

  /** Sends requests that make the gateway call the three others, until it is stopped. Returns what was refused. */
  function load(token: string) {
    const paths = ['/clusters/dev/api/v1/namespaces/dev/pods', '/.sallyport/me', '/.sallyport/api/v1/audit?limit=1'];
    const refused: unknown[] = [];
    let [sent, running] = [0, true];
    const send = async (where: string) => {
      while (running) {
        const { status, text } = await gateway.request(where, { token });
        sent += 1;
        if (status !== 200) refused.push([where, status, text.slice(0, 200)]);
        await pause(1);
      }
    };
    const senders = [...paths, ...paths, ...paths, ...paths].map(send);
    return async () => {
      running = false;
      await Promise.all(senders);
      return { sent, refused };
    };
  }

  /** Waits until every service has, or no longer has, a key for a use. */
  const shown = (
    service: ServiceName,
    key: KeyObject,
    use: 'sign' | 'verify',
    by: readonly ServiceName[],
    there = true,
  ) =>
    eventually(`${by.join()} to ${there ? '' : 'no longer '}${use} with the key of ${service}`, async () => {
      const line = keyMetric(service, key, use);
      const texts = await Promise.all(
        by.map(async (name) => (await httpRequestOnce(`http://127.0.0.1:${gateway.adminPorts[name]}/metrics`)).text),
      );
      return texts.every((text) => text.includes(line) === there);
    });

  it('cause no refused call, and the old ones are worth nothing afterwards', async () => {
    const { token } = await gateway.login('alice@example.com');
    const old: Partial<Record<ServiceName, string>> = {};
    const stop = load(token);
    for (const name of serviceNames) {
      old[name] = readFileSync(keyFile(name), 'utf8');
      const before = createPrivateKey(old[name]);
      const { privateKey } = generateKeyPairSync('ed25519');
      replace(publicFile(name), readFileSync(publicFile(name), 'utf8') + publicHalves(privateKey));
      await shown(name, privateKey, 'verify', serviceNames);
      replace(keyFile(name), privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
      await shown(name, privateKey, 'sign', [name]);
      replace(publicFile(name), publicHalves(privateKey));
      await shown(name, before, 'verify', serviceNames, false);
    }
    await pause(500);
    const { sent, refused } = await stop();
    process.stderr.write(`measured: ${sent} requests while four keys were replaced, ${refused.length} refused\n`);
    expect(refused).toEqual([]);
    expect(sent).toBeGreaterThan(30);

    const stolen = createServiceIdentity({
      name: 'proxy',
      privateKey: createPrivateKey(old.proxy!),
      now: Date.now,
    });
    const calls = [
      ['authorize', 'GET', '/v1/policy'],
      ['authenticate', 'GET', '/v1/sessions?all=true'],
      ['audit', 'POST', '/v1/events'],
    ] as const;
    for (const [name, method, where] of calls) {
      const { status } = await httpRequestOnce(`${services[name].url}${where}`, {
        method,
        headers: { authorization: await stolen.credentialFor(name) },
      });
      expect([name, status]).toEqual([name, 401]);
    }
  });
});
