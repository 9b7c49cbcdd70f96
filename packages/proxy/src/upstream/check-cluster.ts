import type { ClusterConfig } from '@sallyport/contracts';
import {
  checkAuthorities,
  checkKeyPair,
  checkNamedFile,
  readYaml,
  type ConfigFault,
  type LoadedConfig,
} from '@sallyport/kit';
import { z } from 'zod';

const kubeconfigSchema = z.object({
  'current-context': z.string().nullish(),
  contexts: z.array(z.object({ name: z.string(), context: z.object({ cluster: z.string() }).nullish() })).nullish(),
  clusters: z
    .array(
      z.object({
        name: z.string(),
        cluster: z.object({ server: z.string(), 'insecure-skip-tls-verify': z.boolean().nullish() }).nullish(),
      }),
    )
    .nullish(),
});

const listNames = (names: readonly string[]) => (names.length === 0 ? 'none' : names.join(', '));

/** Throws what is wrong with a kubeconfig, without running its exec plugin. */
function verifyKubeconfig(text: string, wanted: string | null | undefined): void {
  const read = readYaml(text);
  const parsed = read.ok ? kubeconfigSchema.safeParse(read.yaml.data) : undefined;
  if (!parsed?.success) throw new Error('is not a kubeconfig');
  const { contexts, clusters } = parsed.data;
  const name = wanted ?? parsed.data['current-context'];
  const context = contexts?.find((one) => one.name === name);
  if (!context)
    throw new Error(
      name == null || name === ''
        ? 'has no current context; set `context`'
        : `has no context ${JSON.stringify(name)}; it has ${listNames(contexts?.map((one) => one.name) ?? [])}`,
    );
  const cluster = clusters?.find((one) => one.name === context.context?.cluster)?.cluster;
  if (!cluster) throw new Error(`has no cluster for the context ${JSON.stringify(context.name)}`);
  if (cluster['insecure-skip-tls-verify'] === true)
    throw new Error('sets insecure-skip-tls-verify; set the CA of the cluster instead');
}

/** Checks how to reach a cluster: its certificate authority, and the gateway's credential for it. */
export function checkCluster(loaded: LoadedConfig, cluster: ClusterConfig, index: number): ConfigFault[] {
  const at = (field: string) => `clusters.${index}.${field}`;
  return [
    ...checkAuthorities(loaded, { path: at('caFile'), file: cluster.caFile }),
    ...checkNamedFile(loaded, at('tokenFile'), cluster.tokenFile, (token) => {
      if (token.toString('utf8').trim() === '') throw new Error('is empty');
    }),
    ...checkKeyPair(
      loaded,
      { path: at('clientCertFile'), file: cluster.clientCertFile },
      { path: at('clientKeyFile'), file: cluster.clientKeyFile },
    ),
    ...checkNamedFile(loaded, at('kubeconfig'), cluster.kubeconfig, (file) =>
      verifyKubeconfig(file.toString('utf8'), cluster.context),
    ),
  ];
}
