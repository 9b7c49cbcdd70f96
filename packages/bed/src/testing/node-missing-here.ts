import { ensureComponents } from '../components/ensure-components.ts';
import { componentsOf } from '../components/needs.ts';
import { nodeObstacle, serviceObstacle } from '../node/node-obstacle.ts';

/** Returns why no Kubernetes node with Services can run on this machine, or undefined if one can. */
export async function nodeMissingHere(): Promise<string | undefined> {
  const components = await ensureComponents([...componentsOf('pods'), ...componentsOf('redis')]);
  const lacking = components.missing[0];
  if (lacking) return `${lacking.missing}: ${lacking.why}`;
  const { ip, iptables } = components.paths;
  return ((await nodeObstacle(ip!)) ?? (await serviceObstacle(iptables!)))?.why;
}
