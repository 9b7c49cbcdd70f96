import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePort, type Bed, type PebbleOptions } from '@sallyport/bed';
import { startProcesses } from '@sallyport/standalone';
import { parse, stringify } from 'yaml';

/** A gateway whose certificate is from the ACME server of the bed. */
export type AcmeProxy = { adminPort: number; log(): string; stop(): Promise<void> };

const host = 'gate.example.test';

type Config = Record<string, unknown> & {
  gateway: object;
  services: { proxy: object };
  audit: { spool: { dir: string } };
  recordings?: object;
};

/** Prepares a bed whose ACME server issues certificates for a minute, and the start of a gateway that asks it. */
export async function prepareAcmeProxy() {
  const [tlsPort, httpPort, adminPort] = [await freePort(), await freePort(), await freePort()];
  const pebble: PebbleOptions = { tlsPort, httpPort, validitySeconds: 60 };
  return {
    pebble,
    /** Starts it with the configuration of another one, and another address. */
    async start(configFile: string, directory: string, bed: Bed): Promise<AcmeProxy> {
      const config = parse(readFileSync(configFile, 'utf8')) as Config;
      const acme = {
        agreeToTerms: true,
        directory: bed.pebble!.directory,
        caFile: bed.pebble!.caFile,
        domains: [host],
      };
      const own = path.join(directory, 'acme');
      mkdirSync(own);
      Object.assign(config, {
        gateway: { url: `https://${host}:${tlsPort}`, listen: `127.0.0.1:${tlsPort}`, tls: { acme } },
        data: own,
        connectors: [],
        clusters: [],
        elevations: [],
        login: undefined,
        recordings: undefined,
      });
      Object.assign(config.services.proxy, { adminListen: `127.0.0.1:${adminPort}` });
      config.audit.spool.dir = path.join(own, 'spool');
      const file = path.join(own, 'sallyport.yaml');
      writeFileSync(file, stringify(config), { mode: 0o600 });
      const processes = await startProcesses({
        configFile: file,
        directory: own,
        adminPorts: { proxy: adminPort },
        only: ['proxy'],
        readyTimeoutMs: 60_000,
      });
      return {
        adminPort,
        log: () => readFileSync(processes.logFile('proxy'), 'utf8'),
        stop: processes.stopAll,
      };
    },
  };
}

/** Lets the ACME server issue certificates that are valid for 90 days, from its next start on. */
export function issueForLong(bed: Bed): void {
  const file = path.join(bed.directory, 'pebble', 'pebble.json');
  const config = JSON.parse(readFileSync(file, 'utf8')) as {
    pebble: { profiles: { default: { validityPeriod: number } } };
  };
  config.pebble.profiles.default.validityPeriod = 90 * 86_400;
  writeFileSync(file, JSON.stringify(config));
}
