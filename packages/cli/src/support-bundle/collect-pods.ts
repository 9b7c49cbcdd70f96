import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import type { PolicyTools } from '../config/load-gateway-config.ts';
import type { Environment } from '../environment/environment.ts';
import { CliError } from '../terminal/cli-error.ts';
import type { Bundle } from './bundle.ts';
import { readRaw } from './collect-here.ts';
import { removed, removeFromConfig } from './remove-secrets.ts';

const run = promisify(execFile);

/** What is asked of the namespace. Secrets are not. */
const kinds =
  'deployments,replicasets,pods,services,endpointslices,horizontalpodautoscalers,poddisruptionbudgets,networkpolicies,events';
const logLines = 5000;

type Pod = {
  metadata: { name: string };
  spec: { containers: { name: string; ports?: { name?: string; containerPort: number }[] }[] };
};
type List = { items: { kind: string; metadata: object }[] };

/** Returns objects without the values of environment variables, and without the copy of themselves that kubectl keeps. */
function withoutValues(list: List): string {
  return JSON.stringify(
    list,
    function (this: object, name, value: unknown) {
      if (name === 'managedFields' || name === 'kubectl.kubernetes.io/last-applied-configuration') return undefined;
      return name === 'value' && 'name' in this ? removed : value;
    },
    1,
  );
}

export type PodsOptions = { namespace: string; kubeconfig?: string | undefined; context?: string | undefined };

/** Adds what Kubernetes knows of Sallyport in a namespace: objects, events, logs, metrics, and the configuration. */
export async function collectPods(
  { env }: Environment,
  bundle: Bundle,
  options: PodsOptions & { tools: PolicyTools; tell(what: string): void },
): Promise<void> {
  const { namespace, kubeconfig, context, tools, tell } = options;
  const where = [
    ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]),
    ...(context === undefined ? [] : ['--context', context]),
  ];
  const kubectl = async (...args: string[]) =>
    (await run('kubectl', [...where, '--request-timeout=30s', ...args], { env, maxBuffer: 256 * 1024 * 1024 })).stdout;
  const inNamespace = (...args: string[]) => kubectl('-n', namespace, ...args);
  let pods: Pod[];
  try {
    pods = (JSON.parse(await inNamespace('get', 'pods', '-o', 'json')) as { items: Pod[] }).items;
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const said = isMissing ? 'there is no kubectl on the PATH' : (error as { stderr?: string }).stderr?.trim();
    throw new CliError(
      'failed',
      `the pods of the namespace ${namespace} cannot be listed: ${said?.slice(0, 500) ?? (error as Error).message}`,
      'Name the namespace of Sallyport with --namespace, and a cluster in which you may see it with --kube-context.',
      { cause: error },
    );
  }
  await bundle.try('kubernetes/version.json', () => kubectl('version', '-o', 'json'));
  await bundle.try('kubernetes/objects.json', async () =>
    withoutValues(JSON.parse(await inNamespace('get', kinds, '-o', 'json')) as List),
  );
  await bundle.try('kubernetes/sallyport.yaml', async () => {
    const { items } = JSON.parse(await inNamespace('get', 'configmaps', '-o', 'json')) as {
      items: { data?: Record<string, string> }[];
    };
    const text = items.map(({ data }) => data?.['sallyport.yaml']).find((one) => one !== undefined);
    if (text === undefined) throw new Error('no ConfigMap of the namespace has a sallyport.yaml');
    return stringify(removeFromConfig(readRaw(text, tools), bundle.secrets));
  });
  for (const { metadata, spec } of pods) {
    tell(metadata.name);
    for (const { name, ports = [] } of spec.containers) {
      const to = `kubernetes/pods/${metadata.name}/${name}`;
      const log = [metadata.name, '-c', name, `--tail=${logLines}`, '--timestamps'];
      await bundle.try(`${to}.log`, () => inNamespace('logs', ...log));
      await bundle.try(`${to}.previous.log`, () => inNamespace('logs', ...log, '--previous'));
      const admin = ports.find((port) => port.name === 'admin')?.containerPort;
      if (admin === undefined) continue;
      const at = `/api/v1/namespaces/${namespace}/pods/${metadata.name}:${admin}/proxy`;
      await bundle.try(`${to}.metrics.txt`, () => kubectl('get', '--raw', `${at}/metrics`));
      await bundle.try(`${to}.readyz.json`, () => kubectl('get', '--raw', `${at}/readyz`));
    }
  }
}
