import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { dumpRedis, realClusterAccess, startGateway } from '../harness/index.ts';
import { createServeRig } from '../small/serve-rig.ts';
import { publicKeyIn } from './private-cluster.ts';

/** A running gateway that has no cluster behind a connector yet. */
export type Installation = {
  url: string;
  caFile: string;
  /** Where it keeps what it keeps. */
  data: string;
  /** The public key of the gateway, as connectors pin it. */
  publicKey: string;
  /** Sets sections of its configuration, which it takes over while it runs. */
  change(settings: Record<string, unknown>): void;
  /** The end of what the gateway has logged. */
  log(): string;
  /** What it keeps in Redis. */
  redis(): Promise<string>;
  stop(): Promise<void>;
};

/** Starts `sallyport serve`. */
export async function startSmall(): Promise<Installation> {
  const rig = await createServeRig({ clusters: [] });
  const running = await rig.start();
  const key = createPublicKey(readFileSync(path.join(rig.data, 'keys/proxy.pem')));
  return {
    url: rig.url,
    caFile: path.join(rig.data, 'tls/ca.crt'),
    data: rig.data,
    publicKey: key.export({ type: 'spki', format: 'der' }).toString('base64'),
    change: rig.change,
    log: () => running.stdout().slice(-3000),
    redis: () => Promise.resolve(''),
    stop: rig.stop,
  };
}

/** Starts the four services. */
export async function startFour(): Promise<Installation> {
  const gateway = await startGateway({ mode: 'processes', clusters: [await realClusterAccess()] });
  return {
    url: gateway.url,
    caFile: gateway.caFile,
    data: gateway.directory,
    publicKey: publicKeyIn(gateway.configFile),
    change: (settings) => void gateway.reconfigure((config) => Object.assign(config, settings)),
    log: () => readFileSync(gateway.processes!.logFile('proxy'), 'utf8').slice(-3000),
    redis: () => dumpRedis(gateway.redis!.client),
    stop: gateway.stop,
  };
}
