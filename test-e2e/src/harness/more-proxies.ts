import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '@sallyport/bed';
import { startProcesses, type Processes } from '@sallyport/standalone';
import { parse, stringify } from 'yaml';

/** Another replica of the gateway: the same people, sessions, clusters and services, on another port. */
export type MoreProxy = { url: string; configFile: string; processes: Processes };

type ProxySettings = {
  gateway: { listen: string };
  login: { listen?: string };
  services: { proxy: { adminListen: string }; authorize: { url: string; listen: string; adminListen: string } };
  audit: { spool?: { dir: string } };
};

/**
 * Starts another process of the gateway in addition to the one of `configFile`. Its own file only has another address
 * and another spool, and an authorize of its own if wanted. People log in at the first one.
 */
export async function startMoreProxy({
  configFile,
  directory,
  number,
  ownAuthorize,
  environment,
}: {
  configFile: string;
  directory: string;
  number: number;
  ownAuthorize: boolean;
  environment?: Record<string, string> | undefined;
}): Promise<MoreProxy> {
  const [port, adminPort] = [await freePort(), await freePort()];
  const adminPorts: Record<string, number> = { proxy: adminPort };
  const config = parse(readFileSync(configFile, 'utf8')) as ProxySettings;
  config.gateway.listen = `127.0.0.1:${port}`;
  config.services.proxy.adminListen = `127.0.0.1:${adminPort}`;
  delete config.login.listen;
  if (ownAuthorize) {
    const address = `127.0.0.1:${await freePort()}`;
    adminPorts.authorize = await freePort();
    const adminListen = `127.0.0.1:${adminPorts.authorize}`;
    Object.assign(config.services.authorize, { url: `http://${address}`, listen: address, adminListen });
  }
  if (config.audit.spool) config.audit.spool.dir += `-${number}`;
  const own = configFile.replace(/\.yaml$/, `-${number}.yaml`);
  writeFileSync(own, stringify(config), { mode: 0o600 });
  const logs = path.join(directory, `logs-${number}`);
  mkdirSync(logs);
  const processes = await startProcesses({
    configFile: own,
    directory: logs,
    adminPorts,
    only: ownAuthorize ? ['authorize', 'proxy'] : ['proxy'],
    readyTimeoutMs: 60_000,
    ...(environment ? { environment } : {}),
  });
  return { url: `https://127.0.0.1:${port}`, configFile: own, processes };
}

/** Changes configuration files like an editor. Returns a function that restores them. */
export function editConfigs(files: readonly string[], change: (config: Record<string, unknown>) => void): () => void {
  const before = files.map((file) => readFileSync(file, 'utf8'));
  files.forEach((file, index) => {
    const config = parse(before[index]!) as Record<string, unknown>;
    change(config);
    writeFileSync(file, stringify(config));
  });
  return () => files.forEach((file, index) => writeFileSync(file, before[index]!));
}
