import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { runCli, theBed, type CommandResult, type Gateway, type RunningCommand } from '../harness/index.ts';
import type { Closers } from '../harness/closers.ts';
import { createPrivateNetwork, type Way } from './private-network.ts';

export type Entries = { connectors: { name: string; publicKeys: string[] }[]; clusters: Record<string, unknown>[] };
type Settings = Record<string, unknown> & { carriers?: number };

type Behind = {
  gateway: { url: string; caFile: string; publicKey: string };
  /** For its files. */
  directory: string;
  /** Settings of the connector besides those that the command line writes. */
  settings?: Settings;
  /** What the network has besides the API server and the gateway. */
  ways?: readonly Way[];
};

/** The API server of the bed, as a gateway reaches it through a connector in a network that nothing leads into. */
export type PrivateCluster = {
  name: string;
  /** The ServiceAccount of the gateway. */
  account: string;
  /** What the command line prints for sallyport.yaml, with a policy. */
  entries: Entries;
  /** Where the connector keeps its token. */
  token: { namespace: string; serviceAccount: string; secret: string };
  /** Starts the connector with some settings changed, and waits until it has its connections. */
  startConnector(changes?: Settings): Promise<RunningCommand>;
  /** Removes what the command line made in the cluster. */
  uninstall(): Promise<CommandResult>;
};

/** Adds the API server of the bed with the command line. The pods of the connector are a process of the test instead. */
export async function addPrivateCluster(
  { gateway, directory, settings, ways = [] }: Behind,
  closers: Closers,
): Promise<PrivateCluster> {
  const tag = randomBytes(4).toString('hex');
  const [name, account, own] = [`private-${tag}`, `lab-${tag}-gateway`, `lab-${tag}-connector`];
  const { admin, adminKubeconfig, caPem, server } = theBed().cluster!;
  const portOf = (url: string) => Number(new URL(url).port);
  const cluster = (command: string, ...args: string[]) => {
    const place = ['--namespace', name, '--account', account, '--kubeconfig', adminKubeconfig];
    return runCli(['cluster', command, name, ...args, ...place], { home: path.join(directory, 'home') });
  };
  const at = ['--gateway', gateway.url, '--gateway-ca', gateway.caFile, '--gateway-public-key', gateway.publicKey];
  const out = ['--groups', 'developers,sre', '--out', directory, '-o', 'json'];
  const added = await cluster('add', '--connector', ...at, ...out);
  if (added.code !== 0) throw new Error(`cluster add failed: ${added.stderr}`);
  const uninstall = () => cluster('remove', '--yes');
  closers.add(uninstall);
  await admin.kubectl(['delete', 'deployment', own, '-n', name]);
  const entries = JSON.parse(added.stdout) as Entries;
  const policy = [{ allow: { or: [{ groups: 'developers' }, { groups: 'sre' }] } }];
  const clusters = entries.clusters.map((one) => ({ ...one, policy }));

  const read = (kind: string, field: string) =>
    admin.kubectl(['get', kind, own, '-n', name, '-o', `jsonpath=${field}`]);
  const write = (file: string, text: string) => {
    writeFileSync(path.join(directory, file), text, { mode: 0o600 });
    return path.join(directory, file);
  };
  write('connector.pem', Buffer.from(await read('secret', '{.data.private\\.pem}'), 'base64').toString());
  write('gateway-ca.crt', await read('configmap', '{.data.gateway-ca\\.crt}'));
  const config = parse(await read('configmap', '{.data.connector\\.yaml}')) as Settings;
  delete config['listen'];
  const network = await createPrivateNetwork(
    path.join(directory, 'network'),
    [
      { host: '127.0.0.1', port: portOf(gateway.url), to: portOf(gateway.url) },
      { host: '10.96.0.1', port: 443, names: ['kubernetes.default.svc'], to: portOf(server) },
      ...ways,
    ],
    { token: await admin.kubectl(['create', 'token', own, '-n', name, '--duration', '1h']), 'ca.crt': caPem },
  );
  closers.add(network.stop);
  return {
    name,
    account,
    entries: { connectors: entries.connectors, clusters },
    token: { namespace: name, serviceAccount: account, secret: own },
    async startConnector(changes) {
      const used = { ...config, keyFile: 'connector.pem', drain: '1s', ...settings, ...changes };
      const connector = network.startCli('connector', '--config', write('connector.yaml', stringify(used)));
      closers.add(() => connector.stop());
      const all = Array.from({ length: used.carriers ?? 2 }, () => '"connected to the gateway"');
      await connector.says(new RegExp(all.join(String.raw`[\s\S]*`)));
      return connector;
    },
    uninstall,
  };
}

/** Returns the public key of the gateway in a configuration, as connectors pin it. */
export function publicKeyIn(configFile: string): string {
  const config = parse(readFileSync(configFile, 'utf8')) as { services: { proxy: { publicKey: string } } };
  return config.services.proxy.publicKey;
}

/** Adds the API server of the bed to the clusters of a running gateway. `more` are settings of the entry. */
export async function addToGateway(
  gateway: Gateway,
  { more, ...behind }: Pick<Behind, 'settings' | 'ways'> & { more?: Record<string, unknown> },
  closers: Closers,
): Promise<PrivateCluster> {
  const { url, caFile, directory, configFile } = gateway;
  const at = { url, caFile, publicKey: publicKeyIn(configFile) };
  const cluster = await addPrivateCluster({ gateway: at, directory, ...behind }, closers);
  const { connectors, clusters } = cluster.entries;
  const [entry] = clusters;
  gateway.reconfigure((config) => {
    Object.assign(config, { connectors, clusters: [...(config['clusters'] as object[]), { ...entry, ...more }] });
  });
  return cluster;
}
