import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startCarrierBed, type CarrierBed } from '@sallyport/carrier/testing';
import { createLogger, createMetrics, createReadiness } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { connectorConfigSchema } from '../config/connector-config.ts';
import type { ConnectorConfig } from '../config/load-connector-config.ts';
import { makeConnectorKey, publicKeyText } from '../key/connector-key.ts';
import { startTokenServer } from '../testing/token-server.ts';
import { startConnector } from './start-connector.ts';

let directory: string;
let bed: CarrierBed;
let closing: (() => Promise<void>)[];

beforeEach(async () => {
  closing = [];
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-start-'));
  bed = await startCarrierBed();
});
afterEach(async () => {
  await Promise.all(closing.map((close) => close()));
  await bed.close();
  rmSync(directory, { recursive: true });
});

type Changes = {
  reach?: string[];
  privateKey?: ConnectorConfig['privateKey'];
  drain?: string;
  token?: null;
  apiServer?: string;
};

/** Starts a connector that has the key which the gateway knows. */
function start({ privateKey = bed.connectorKeys.privateKey, apiServer = 'localhost:1', ...settings }: Changes = {}) {
  const config = connectorConfigSchema.parse({
    gateway: 'https://gate.example.com',
    keyFile: 'key.pem',
    gatewayPublicKeys: ['key'],
    ...settings,
  });
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  const [metrics, readiness] = [createMetrics(), createReadiness()];
  const connector = startConnector({
    config: { ...config, gateway: bed.url.href, privateKey, gatewayKeys: [bed.gatewayKeys.publicKey], ca: undefined },
    logger: createLogger({ service: 'connector', level: 'info', destination }),
    metrics,
    readiness,
    env: {},
    podDirectory: directory,
    apiServer,
  });
  closing.push(() => connector.close());
  return { connector, lines, metrics, readiness };
}

async function startEcho() {
  const server = createServer({ allowHalfOpen: true }, (socket) => void socket.on('error', () => {}).pipe(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => new Promise((resolve) => void server.close(() => resolve())));
  return (server.address() as AddressInfo).port;
}

describe('a connector', () => {
  it('keeps its carriers, is ready with one of them, and says what it is', async () => {
    const { readiness, lines } = start({ reach: ['10.0.0.7:6443'] });
    expect((await readiness.report()).ready).toBe(false);
    await until(() => bed.carriers.all().length === 2);
    await until(() => lines.filter(({ msg }) => msg === 'connected to the gateway').length === 2);
    expect(await readiness.report()).toMatchObject({ ready: true, checks: { gateway: 'ok' } });
    expect(bed.carriers.find('factory')).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      reach: ['10.0.0.7:6443'],
      tokenServer: undefined,
    });
    expect(lines[0]).toMatchObject({ publicKey: publicKeyText(bed.connectorKeys.privateKey), givesTokens: false });
  });

  it('carries bytes to an address of its list, and to no other one', async () => {
    const [port, other] = [await startEcho(), await startEcho()];
    const { lines, metrics } = start({ reach: [`127.0.0.1:${port}`] });
    await until(() => bed.carriers.find('factory') !== undefined);
    const carrier = bed.carriers.find('factory')!;
    const dial = carrier.dial({ host: '127.0.0.1', port });
    dial.end('through the connector');
    expect(await text(dial)).toBe('through the connector');

    for (const host of ['127.0.0.1', 'localhost'])
      await expect(once(carrier.dial({ host, port: other }), 'connect')).rejects.toMatchObject({ code: 'not-allowed' });
    expect(lines.filter(({ msg }) => msg === 'the gateway asked for what it may not reach')).toHaveLength(2);
    const shown = await metrics.metrics();
    expect(shown).toContain('sallyport_connector_dials_total{result="connected"} 1');
    expect(shown).toContain('sallyport_connector_dials_total{result="not-allowed"} 2');
  });

  it('sends the token that it asks for in a pod, unless it is told to send none', async () => {
    const server = await startTokenServer(directory);
    closing.push(() => server.close());
    const { lines } = start({ apiServer: server.address });
    await until(() => bed.carriers.all().length === 2);
    const [carrier] = bed.carriers.all();
    expect(carrier!.tokenServer).toBe(server.address);
    const sent = carrier!.token() ?? (await new Promise((resolve) => void carrier!.onToken(resolve)));
    expect(sent).toMatchObject({ token: 'of-the-gateway' });
    expect(JSON.stringify(lines)).not.toMatch(/of-the-(gateway|pod)/);
    start({ apiServer: server.address, token: null });
    await until(() => bed.carriers.all().length === 4);
    expect(bed.carriers.all().filter(({ tokenServer }) => tokenServer === undefined)).toHaveLength(2);
    expect(server.asked).toHaveLength(1);
  });

  it('says once what to add if the gateway does not know its key', async () => {
    const { privateKey, publicKey } = makeConnectorKey();
    const { lines, readiness } = start({ privateKey: createPrivateKey(privateKey) });
    await until(() => lines.some(({ code }) => code === 'not-known'));
    const [line] = lines.filter(({ code }) => code === 'not-known');
    expect(line!['advice']).toContain(`publicKeys: [${publicKey}]`);
    expect(JSON.stringify(lines)).not.toContain('PRIVATE');
    expect((await readiness.report()).ready).toBe(false);
  });

  it('waits for open connections when it stops, and takes no new ones', async () => {
    const port = await startEcho();
    const { connector } = start({ reach: [`127.0.0.1:${port}`] });
    await until(() => bed.carriers.all().length === 2);
    const dial = bed.carriers.find('factory')!.dial({ host: '127.0.0.1', port });
    await once(dial, 'connect');
    dial.write('before');
    expect(String((await once(dial, 'data'))[0])).toBe('before');
    const closed = connector.close();
    await until(() => bed.carriers.find('factory') === undefined);
    dial.end('after');
    expect(await text(dial)).toBe('after');
    await closed;
    await until(() => bed.carriers.all().length === 0);
  });

  it('does not wait for longer than it was told', async () => {
    const port = await startEcho();
    const { connector } = start({ reach: [`127.0.0.1:${port}`], drain: '50ms' });
    await until(() => bed.carriers.find('factory') !== undefined);
    const dial = bed.carriers.find('factory')!.dial({ host: '127.0.0.1', port });
    const ended = once(dial, 'close').catch((error: unknown) => error);
    await once(dial, 'connect');
    await connector.close();
    expect(await ended).toBeDefined();
  });
});
