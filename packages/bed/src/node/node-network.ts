import os from 'node:os';
import { runCommand } from '../run/command.ts';
import { podNetwork } from './node-names.ts';

/** Creates the bridge of the run's pods with the address of the node. Returns the first three octets. */
export async function createBridge(options: { ip: string; bridge: string; runId: string }): Promise<string> {
  const network = freeNetwork(options.runId);
  await runCommand(options.ip, ['link', 'add', options.bridge, 'type', 'bridge']);
  await runCommand(options.ip, ['address', 'add', `${network}.1/24`, 'dev', options.bridge]);
  await runCommand(options.ip, ['link', 'set', options.bridge, 'up']);
  return network;
}

function freeNetwork(runId: string): string {
  const taken = Object.values(os.networkInterfaces())
    .flatMap((each) => each ?? [])
    .map((each) => each.address);
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const network = podNetwork(runId, attempt);
    if (!taken.some((address) => address.startsWith(`${network}.`))) return network;
  }
  throw new Error('no free private network for the pods');
}
