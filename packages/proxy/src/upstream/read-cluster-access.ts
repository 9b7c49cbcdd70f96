import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readFileSync } from 'node:fs';
import { ConfigFaults } from '@sallyport/kit';
import { z } from 'zod';
import type { ClusterConfig } from '@sallyport/contracts';
import { targetOf } from '../connectors/connector-way.ts';
import {
  type ClusterAccess,
  type ClusterAccessDeps,
  createFileTokenSource,
  createFixedTokenSource,
} from './cluster-access.ts';

const answerSchema = z.object({
  server: z.string(),
  ca: z.string().optional(),
  serverName: z.string().optional(),
  clientCert: z.string().optional(),
  clientKey: z.string().optional(),
  token: z.string().optional(),
  /** Milliseconds since the epoch, if the credential has an expiry. */
  expiresAt: z.number().optional(),
});
type Answer = z.infer<typeof answerSchema>;

// The library that reads kubeconfigs and runs their exec plugins needs 90 MB of memory. It runs in a child process that
// ends after each reading.
const program = fileURLToPath(
  import.meta.resolve('./kubeconfig-child.js'.replace('.js', import.meta.url.endsWith('.ts') ? '.ts' : '.js')),
);
const run = promisify(execFile);
const marginMs = 60_000;

async function ask(file: string, context: string | undefined): Promise<Answer> {
  const { stdout } = await run(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', program, file, context ?? ''],
    { timeout: 30_000, maxBuffer: 4 * 1024 * 1024 },
  );
  return answerSchema.parse(JSON.parse(stdout));
}

/**
 * Reads how to reach a cluster from a kubeconfig, including exec plugins of cloud providers. The token is read again
 * before it expires, and when the cluster refuses it.
 */
async function readKubeconfig(
  about: { file: string; context: string | undefined; cluster: string },
  deps: ClusterAccessDeps,
): Promise<ClusterAccess> {
  let answer: Answer;
  try {
    answer = await ask(about.file, about.context);
  } catch (error) {
    const message = (error as { stderr?: string }).stderr?.trim().split('\n').at(-1);
    throw new ConfigFaults(about.cluster, [
      {
        path: `clusters.${about.cluster}.kubeconfig`,
        message: message === undefined || message === '' ? 'cannot be read' : message,
      },
    ]);
  }
  const { server, ca, serverName, clientCert, clientKey } = answer;
  let reading: Promise<void> | undefined;
  const refresh = () => {
    reading ??= ask(about.file, about.context)
      .then(
        (again) => {
          answer = again;
        },
        (error: unknown) =>
          deps.logger.warn(
            { cluster: about.cluster, err: error },
            'the kubeconfig cannot be read again, so the last credential stays in use',
          ),
      )
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  const token = {
    current() {
      if (answer.expiresAt !== undefined && answer.expiresAt - deps.now() < marginMs) void refresh();
      return answer.token;
    },
    refresh,
  };
  return { server, ca, serverName, token, clientCert, clientKey };
}

/**
 * Reads how to reach a cluster from its configuration: from the current content of files, or from a context of a
 * kubeconfig. Throws ConfigFaults that name the field.
 */
export async function readClusterAccess(cluster: ClusterConfig, deps: ClusterAccessDeps): Promise<ClusterAccess> {
  const { connector } = cluster;
  if (cluster.kubeconfig != null) {
    const file = deps.resolvePath(cluster.kubeconfig);
    const read = await readKubeconfig({ file, context: cluster.context ?? undefined, cluster: cluster.name }, deps);
    return { ...read, way: connector == null ? undefined : deps.through(connector) };
  }
  const attempt = <T>(field: string, read: () => T): T => {
    try {
      return read();
    } catch (error) {
      throw new ConfigFaults(cluster.name, [
        {
          path: `clusters.${cluster.name}.${field}`,
          message: `cannot be read (${(error as NodeJS.ErrnoException).code ?? (error as Error).message})`,
        },
      ]);
    }
  };
  const text = (field: string, file: string | null | undefined) =>
    file == null ? undefined : attempt(field, () => readFileSync(deps.resolvePath(file), 'utf8'));
  const { tokenFile } = cluster;
  const server = cluster.server!;
  const way =
    connector == null
      ? undefined
      : deps.through(connector, cluster.credential == null ? undefined : targetOf(new URL(server)));
  return {
    server,
    ca: text('caFile', cluster.caFile),
    serverName: cluster.serverName ?? undefined,
    way,
    token:
      tokenFile == null
        ? (way?.token ?? createFixedTokenSource(cluster.token ?? undefined))
        : attempt('tokenFile', () =>
            createFileTokenSource({ file: deps.resolvePath(tokenFile), logger: deps.logger, now: deps.now }),
          ),
    clientCert: text('clientCertFile', cluster.clientCertFile),
    clientKey: text('clientKeyFile', cluster.clientKeyFile),
  };
}
