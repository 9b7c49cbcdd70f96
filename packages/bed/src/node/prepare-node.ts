import { takeMachineLock } from '../run/machine-lock.ts';
import type { Progress } from '../run/progress.ts';
import { componentDirectory, type Run } from '../run/run-directory.ts';
import { createBridge, createNodeNamespace, type NodeNetwork } from './node-network.ts';
import { NODE_LOCK, nodeNames } from './node-names.ts';
import { removeNodeRemains } from './node-remains.ts';

/** The place of a node: its network. */
export type NodePlace = NodeNetwork & { stop(): Promise<void> };

/**
 * Waits until no other node runs on the machine, and creates the network of the next. With `services`, it gets a network
 * namespace of its own. `stop` removes everything that the node left behind.
 */
export async function prepareNode(options: {
  run: Run;
  ip: string;
  services: boolean;
  onProgress?: Progress | undefined;
}): Promise<NodePlace> {
  const { run, ip, services, onProgress } = options;
  const names = nodeNames(run);
  const lock = await takeMachineLock(NODE_LOCK, { ...(onProgress && { onProgress }) });
  const stop = async (): Promise<void> => {
    await removeNodeRemains(run, { holdsLock: true });
    await lock.release();
  };
  try {
    // Its existence says that there may be remains.
    componentDirectory(run, 'containerd', 0o711);
    return { ...(await (services ? createNodeNamespace : createBridge)({ ip, names, run })), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
