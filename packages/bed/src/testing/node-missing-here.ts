import { ensureComponents } from '../components/ensure-components.ts';
import { componentsOf } from '../needs.ts';
import { nodeObstacle } from '../node/node-obstacle.ts';

/** Says why no Kubernetes node can run here, or nothing if one can. */
export async function nodeMissingHere(): Promise<string | undefined> {
  const components = await ensureComponents([...componentsOf('node'), ...componentsOf('redis')]);
  const lacking = components.missing[0];
  if (lacking) return `${lacking.missing}: ${lacking.why}`;
  return (await nodeObstacle(components.paths.ip!))?.why;
}
