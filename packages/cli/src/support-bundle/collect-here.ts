import { readFileSync } from 'node:fs';
import { availableParallelism, freemem, loadavg, release, totalmem } from 'node:os';
import { stringify } from 'yaml';
import { sallyportVersion } from '@sallyport/contracts/version';
import { findInConfig } from '../config/check-config.ts';
import type { PolicyTools } from '../config/load-gateway-config.ts';
import type { Environment } from '../environment/environment.ts';
import type { Bundle } from './bundle.ts';
import { findSubstituted, removeFromConfig } from './remove-secrets.ts';

const services = ['authenticate', 'authorize', 'proxy', 'audit'] as const;
const askMs = 5000;

/** Adds the program and the machine. */
export function collectMachine(environment: Environment, bundle: Bundle): void {
  const { nodeVersion, platform, architecture } = environment;
  bundle.add(
    'about.json',
    `${JSON.stringify(
      {
        time: new Date(environment.now()).toISOString(),
        sallyport: sallyportVersion,
        node: nodeVersion,
        system: `${platform} ${release()} ${architecture}`,
        processors: availableParallelism(),
        memoryBytes: { total: totalmem(), free: freemem() },
        load: loadavg(),
      },
      null,
      2,
    )}\n`,
  );
}

/** Returns the data of a configuration, with its placeholders. */
export function readRaw(text: string, { readYaml }: PolicyTools): unknown {
  const read = readYaml(text);
  if (!read.ok) throw new Error(`it is not YAML: ${read.faults.map(({ message }) => message).join(', ')}`);
  return read.yaml.data;
}

/** Returns where the administration of a service listens, as it is reached from this machine. */
function adminOf(data: unknown, service: (typeof services)[number]): string | undefined {
  const { services: all } = data as { services?: Record<string, { adminListen?: string } | undefined> };
  return all?.[service]?.adminListen?.replace(/^(?:0\.0\.0\.0|\[::\])?:/, '127.0.0.1:');
}

async function get(url: string): Promise<string> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(askMs) }).catch((error: Error) => {
    throw new Error(`${url}: ${(error.cause as Error | undefined)?.message ?? error.message}`);
  });
  return answer.text();
}

/** Adds a configuration, what the services say about it, and those of them that run on this machine. */
export async function collectHere(
  environment: Environment,
  bundle: Bundle,
  { file, tools, logs }: { file: string; tools: PolicyTools; logs: readonly string[] },
): Promise<void> {
  const examined = tools.examineConfigFile(file, environment.env);
  await bundle.try('config.yaml', async () => {
    const raw = readRaw(readFileSync(file, 'utf8'), tools);
    findSubstituted(raw, examined.data, bundle.secrets);
    return stringify(removeFromConfig(raw, bundle.secrets));
  });
  await bundle.try('config-check.json', async () =>
    JSON.stringify(await findInConfig(file, environment.env, services), null, 2),
  );
  for (const service of services) {
    const address = adminOf(examined.data, service);
    if (address === undefined) continue;
    await bundle.try(`services/${service}/readyz.json`, () => get(`http://${address}/readyz`));
    await bundle.try(`services/${service}/metrics.txt`, () => get(`http://${address}/metrics`));
  }
  for (const [index, log] of logs.entries())
    await bundle.try(`logs/${index}.log`, async () => readFileSync(log, 'utf8'));
}
