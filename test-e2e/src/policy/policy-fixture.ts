import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ReplicaStatus } from '@sallyport/contracts';
import { parse, stringify } from 'yaml';
import { runDirectory } from '../harness/the-bed.ts';
import type { Gateway } from '../harness/index.ts';

/** Returns the metrics of a service by name and labels, in the format of Prometheus. */
export async function metricsOf(gateway: Gateway, service: 'authorize' | 'proxy'): Promise<Map<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${gateway.adminPorts[service]}/metrics`)).text();
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

/** Returns the version that a service reports. */
export async function versionOf(gateway: Gateway, service: 'authorize' | 'proxy'): Promise<string | undefined> {
  return [...(await metricsOf(gateway, service)).keys()]
    .map((name) => /^sallyport_policy_info\{version="(.*)"\}$/.exec(name)?.[1])
    .find((version) => version !== undefined);
}

/** Returns how often a service has reloaded its configuration with this result. */
export async function reloadsOf(gateway: Gateway, service: 'authorize' | 'proxy', result: string): Promise<number> {
  return (await metricsOf(gateway, service)).get(`sallyport_config_reloads_total{result="${result}"}`) ?? 0;
}

/** Returns the reports of all replicas, as in `sallyport policy status`. */
export async function statusOf(gateway: Gateway, token: string): Promise<ReplicaStatus[]> {
  const answer = await gateway.request('/.sallyport/api/v1/policy/status', { token });
  if (answer.status !== 200) throw new Error(`status ${answer.status}: ${answer.text}`);
  return (answer.json() as { replicas: ReplicaStatus[] }).replicas;
}

/** Changes a configuration file atomically, like an editor that writes a temporary file and renames it. */
export function editConfig(file: string, edit: (config: Record<string, never>) => void): void {
  const config = parse(readFileSync(file, 'utf8')) as Record<string, never>;
  edit(config);
  writeFileSync(`${file}.new`, stringify(config));
  renameSync(`${file}.new`, file);
}

/** A directory like a mounted ConfigMap: each version in its own directory, behind a link that is swapped. */
export function createConfigMapVolume(first: Record<string, string>) {
  const directory = mkdtempSync(path.join(runDirectory(), 'configmap-'));
  let version = 0;
  const put = (files: Record<string, string>) => {
    version += 1;
    const name = `..2026_01_01_${version}`;
    mkdirSync(path.join(directory, name));
    for (const [file, text] of Object.entries(files)) writeFileSync(path.join(directory, name, file), text);
    symlinkSync(name, path.join(directory, '..data_tmp'));
    renameSync(path.join(directory, '..data_tmp'), path.join(directory, '..data'));
  };
  put(first);
  for (const file of Object.keys(first)) symlinkSync(path.join('..data', file), path.join(directory, file));
  return {
    file: (name: string) => path.join(directory, name),
    put,
    remove: () => rmSync(directory, { recursive: true }),
  };
}
