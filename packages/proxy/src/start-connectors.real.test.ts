import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createAuditBus } from '@sallyport/audit-log';
import { openCarrier } from '@sallyport/carrier/connector';
import { serviceNames } from '@sallyport/contracts';
import { createLogger, createMetrics, createReadiness, loadConfig, loadServiceKeys } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { startProxy } from './start-proxy.ts';

let directory: string;
let proxy: Awaited<ReturnType<typeof startProxy>> | undefined;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-connectors-'));
});
afterEach(async () => {
  await proxy?.close();
  proxy = undefined;
  rmSync(directory, { recursive: true });
});

const newKeys = () => generateKeyPairSync('ed25519');
const spki = (key: KeyObject) => key.export({ type: 'spki', format: 'der' }).toString('base64');
const proxyKeys = newKeys();
const connectorKeys = newKeys();

/** Writes the configuration with these connectors. */
function configure(connectors: object[]): string {
  const keyFile = path.join(directory, 'proxy.pem');
  writeFileSync(keyFile, proxyKeys.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  const services = Object.fromEntries(
    serviceNames.map((name) => [
      name,
      { publicKey: spki(name === 'proxy' ? proxyKeys.publicKey : newKeys().publicKey) },
    ]),
  );
  const file = path.join(directory, 'sallyport.yaml');
  writeFileSync(
    file,
    JSON.stringify({
      gateway: { url: 'http://127.0.0.1', listen: '127.0.0.1:0' },
      services: { ...services, proxy: { ...services.proxy, keyFile } },
      sessions: { memory: true },
      // Longer than this test may take.
      streams: { drain: '10m' },
      connectors,
    }),
  );
  return file;
}

async function start(connectors: object[]) {
  const loaded = loadConfig(configure(connectors), {});
  const logger = createLogger({ service: 'proxy', level: 'silent' });
  const common = { logger, metrics: createMetrics(), readiness: createReadiness(), now: Date.now };
  const sink = createAuditBus({ logger, now: Date.now });
  proxy = await startProxy({ ...loadServiceKeys(loaded, 'proxy', Date.now), ...common, loaded, sink });
  return proxy;
}

const dialGateway = (port: number) =>
  openCarrier({
    url: new URL(`http://127.0.0.1:${port}`),
    async connectSocket() {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    },
    privateKey: connectorKeys.privateKey,
    gatewayKeys: [proxyKeys.publicKey],
    hello: () => ({ version: '1', reach: [], token: null }),
    dial: () => Promise.reject(new Error('not here')),
  });
const factory = (keys = connectorKeys) => ({ name: 'factory', publicKeys: [spki(keys.publicKey)] });

describe('the gateway', () => {
  it('takes the connectors of its configuration, and those that a change adds, and ends those that it removes', async () => {
    const { port, reload } = await start([]);
    await expect(dialGateway(port)).rejects.toMatchObject({ code: 'upgrade-refused', status: 400 });
    configure([factory()]);
    reload();
    await until(() =>
      dialGateway(port).then(
        (carrier) => carrier.close().then(() => true),
        () => false,
      ),
    );
    const carrier = await dialGateway(port);
    configure([factory(newKeys())]);
    reload();
    expect(await carrier.closed).toBeTruthy();
    await expect(dialGateway(port)).rejects.toMatchObject({ code: 'not-known' });
  });

  it('asks connectors to go elsewhere when it stops, and does not wait for those that stay', async () => {
    const { port, close } = await start([factory()]);
    const carrier = await dialGateway(port);
    const before = performance.now();
    proxy = undefined;
    const closed = close();
    await carrier.draining;
    await carrier.closed;
    await closed;
    expect(performance.now() - before).toBeLessThan(120_000);
  });
});
