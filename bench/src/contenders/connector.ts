import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeConnectorKey } from '@sallyport/connector/key';
import { serviceProgram, writeSettings } from '@sallyport/standalone';
import { parse, stringify } from 'yaml';
import { startNode } from '../machine/child.ts';
import { sleep } from '../machine/processes.ts';
import { roadEnds, type SlowRoad } from '../machine/slow-road.ts';
import type { Contender, Running, Setup } from './contender.ts';
import { lacksServer, startGateway } from './sallyport.ts';

/** One gateway with two entries for the same upstream, and a connector in a process of its own. */
export type BothWays = { direct: Running; through: Running; stop(): Promise<void> };

type Options = {
  /** Between the connector and the gateway. The upstream is at the far end, too. */
  road?: SlowRoad;
  /** Runs the connector by the command line, as the archives do, and not as the image does. */
  byCommand?: boolean;
};

const command = path.join(import.meta.dirname, '../../../packages/cli/bin/sallyport.js');
/** As deploy/image/entrypoint.sh. */
const imageFlags = ['--no-sparkplug', '--external-memory-accounted-in-global-limit'];
const carriers = 2;

/** Has the gateway listen at the near end of the slow road as well. */
const writeForRoad =
  ({ certificate: { certFile, keyFile } }: Setup): typeof writeSettings =>
  async (request) => {
    const settings = await writeSettings(request);
    const config = parse(readFileSync(settings.configFile, 'utf8')) as { gateway: Record<string, unknown> };
    config.gateway['listen'] = `0.0.0.0:${new URL(settings.gatewayUrl).port}`;
    config.gateway['tls'] = { certFile, keyFile };
    writeFileSync(settings.configFile, stringify(config));
    return settings;
  };

async function connected(adminPort: number, logFile: string): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(100)) {
    const answer = await fetch(`http://127.0.0.1:${adminPort}/metrics`);
    const [, open] = /^sallyport_connector_carriers\{.*\} (\d+)$/m.exec(await answer.text()) ?? [];
    if (Number(open) === carriers) return;
  }
  throw new Error(`the connector does not connect: ${readFileSync(logFile, 'utf8').split('\n').slice(-3).join(' | ')}`);
}

/** Starts the gateway, then the connector, and waits until it is connected. */
export async function startBothWays(setup: Setup, { road, byCommand = false }: Options = {}): Promise<BothWays> {
  const directory = mkdtempSync(path.join(setup.directory, 'connector-'));
  const at = (name: string) => path.join(directory, name);
  const { privateKey, publicKey: connectorKey } = makeConnectorKey();
  const gateway = await startGateway(setup, 'tls', { connectorKey, ...(road ? { write: writeForRoad(setup) } : {}) });
  const { configFile, gatewayUrl, adminPorts } = gateway.settings;
  const { services } = parse(readFileSync(configFile, 'utf8')) as { services: { proxy: { publicKey: string } } };
  const url = new URL(gatewayUrl);
  if (road) url.hostname = roadEnds.near;
  writeFileSync(at('key.pem'), privateKey, { mode: 0o600 });
  writeFileSync(
    at('connector.yaml'),
    stringify({
      gateway: url.origin,
      gatewayPublicKeys: [services.proxy.publicKey],
      keyFile: 'key.pem',
      caFile: setup.caFile,
      carriers,
      reach: [new URL(setup.upstream.secureUrl).host],
    }),
  );
  const program = byCommand ? [command, 'connector'] : [...imageFlags, serviceProgram('connector')];
  const connector = startNode([...program, '--config', at('connector.yaml')], at('connector.log'), road?.inside);
  const stop = async () => {
    await connector.stop();
    await gateway.stop();
  };
  try {
    await connected(adminPorts['proxy']!, at('connector.log'));
  } catch (error) {
    await stop();
    throw error;
  }
  const { headers, pids, apart } = gateway;
  const way = (cluster: string, own: Record<string, number>): Running => ({
    base: `${gatewayUrl}/clusters/${cluster}`,
    headers,
    pids: own,
    apart,
    stop: async () => {},
  });
  return { direct: way('bench', pids), through: way('behind', { ...pids, connector: connector.pid }), stop };
}

export const titles = { direct: 'directly', through: 'through a connector' } as const;
export type Way = keyof typeof titles;
export const ways: readonly Way[] = ['direct', 'through'];

/** One of the ways as a contender, with a gateway and a connector of its own. */
export const connectorContender = (way: Way, options?: Options): Contender => ({
  name: way,
  title: titles[way] + (options?.byCommand ? ', started by the command line' : ''),
  obstacle: lacksServer,
  async start(setup) {
    const both = await startBothWays(setup, options);
    return { ...both[way], stop: both.stop };
  },
});
