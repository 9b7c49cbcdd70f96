import { ensureComponents } from '../components/ensure-components.ts';
import { componentsOf } from '../components/needs.ts';
import { nodeObstacle } from '../node/node-obstacle.ts';

/** Returns why no Kubernetes node can run on this machine, or undefined if one can. */
export async function nodeMissingHere(): Promise<string | undefined> {
  const components = await ensureComponents([...componentsOf('node'), ...componentsOf('redis')]);
  const lacking = components.missing[0];
  if (lacking) return `${lacking.missing}: ${lacking.why}`;
  return (await nodeObstacle(components.paths.ip!))?.why;
}
