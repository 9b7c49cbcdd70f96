import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ControlPlane } from '../cluster/start-control-plane.ts';
import { runCommand, tryCommand } from '../run/command.ts';
import { freePort } from '../run/free-port.ts';
import { takeMachineLock } from '../run/machine-lock.ts';
import { ManagedProcess } from '../run/managed-process.ts';
import { componentDirectory, type Run } from '../run/run-directory.ts';
import { waitUntil } from '../run/wait.ts';
import type { Progress } from '../run/progress.ts';
import { createCgroup } from './cgroups.ts';
import { cniNetwork, containerdConfig } from './containerd-config.ts';
import { kubeletArguments, kubeletConfig } from './kubelet-config.ts';
import { createBridge } from './node-network.ts';
import { NODE_LOCK, nodeNames, type NodeNames } from './node-names.ts';
import { removeNodeRemains } from './node-remains.ts';
import { buildTestImage, testImage } from './test-image.ts';

export type NodePrograms = {
  kubelet: string;
  containerd: string;
  ctr: string;
  runc: string;
  cni: string;
  busybox: string;
  ip: string;
};

export type ClusterNode = {
  name: string;
  /** The image that pods can run. */
  image: string;
  pids(): Record<string, number | undefined>;
  stop(): Promise<void>;
};

export type StartNodeOptions = { run: Run; programs: NodePrograms; controlPlane: ControlPlane; onProgress?: Progress };

/**
 * Starts containerd and a kubelet that joins the control plane. Resolves when the node is ready and pods can be scheduled
 * on it. There is one node per machine: a second one waits until the first has stopped.
 */
export async function startNode(options: StartNodeOptions): Promise<ClusterNode> {
  const { run, programs, controlPlane } = options;
  const names = nodeNames(run);
  refuseLongSocket(names.containerdSocket);
  const lock = await takeMachineLock(NODE_LOCK, options);
  const started: ManagedProcess[] = [];
  const stop = async (): Promise<void> => {
    for (const each of started.toReversed()) await each.stop();
    await removeNodeRemains(run, { holdsLock: true });
    await lock.release();
  };
  const start = async (server: ManagedProcess): Promise<void> => {
    started.push(server);
    await server.start();
  };
  try {
    createCgroup(names.cgroup);
    const containerd = createContainerd(run, names, programs);
    const network = await createBridge({ ip: programs.ip, bridge: names.bridge, runId: run.id });
    writeFileSync(
      path.join(componentDirectory(run, 'cni'), 'bed.conflist'),
      cniNetwork({ names, network, dataDirectory: path.join(run.directory, 'cni-data') }),
    );
    await start(containerd);
    const image = importTestImage(run, names, programs);
    await start(await createKubelet({ ...options, names, address: `${network}.1` }));
    await image;
    await waitForNode(controlPlane, names.nodeName);
  } catch (error) {
    await stop();
    throw error;
  }
  const pids = (): Record<string, number | undefined> => ({ containerd: started[0]?.pid, kubelet: started[1]?.pid });
  return { name: names.nodeName, image: testImage, pids, stop };
}

function createContainerd(run: Run, names: NodeNames, programs: NodePrograms): ManagedProcess {
  const directory = componentDirectory(run, 'containerd', 0o711);
  const configFile = path.join(directory, 'config.toml');
  writeFileSync(
    configFile,
    containerdConfig({
      names,
      runc: programs.runc,
      cniPlugins: path.dirname(programs.cni),
      cniConfig: path.join(run.directory, 'cni'),
      sandboxImage: testImage,
    }),
  );
  return new ManagedProcess({
    run,
    name: 'containerd',
    program: programs.containerd,
    args: ['--config', configFile],
    ready: async () =>
      (await tryCommand(programs.ctr, ['--address', names.containerdSocket, 'version'], { timeoutMs: 5_000 })).code ===
      0,
  });
}

async function importTestImage(run: Run, names: NodeNames, programs: NodePrograms): Promise<void> {
  const archive = path.join(run.directory, 'test-image.tar');
  writeFileSync(archive, await buildTestImage(programs.busybox));
  await runCommand(programs.ctr, [
    '--address',
    names.containerdSocket,
    '-n',
    'k8s.io',
    'images',
    'import',
    '--snapshotter',
    'native',
    archive,
  ]);
}

async function createKubelet(
  options: StartNodeOptions & { names: NodeNames; address: string },
): Promise<ManagedProcess> {
  const { run, names, controlPlane, address } = options;
  const { keys } = controlPlane;
  const directory = componentDirectory(run, 'kubelet');
  const subject = { commonName: `system:node:${names.nodeName}`, organizations: ['system:nodes'] };
  const serving = await keys.pair('kubelet', {
    ...subject,
    server: true,
    dnsNames: [names.nodeName],
    ipAddresses: [address],
  });
  const configFile = path.join(directory, 'config.json');
  writeFileSync(
    configFile,
    JSON.stringify(
      kubeletConfig({ names, address, port: await freePort(), caFile: keys.caFile, serving }),
      undefined,
      2,
    ),
  );
  const kubeconfigFile = await keys.kubeconfigFile('kubelet', subject, controlPlane.server);
  return new ManagedProcess({
    run,
    name: 'kubelet',
    program: options.programs.kubelet,
    args: kubeletArguments({ names, configFile, kubeconfigFile, address }),
    ready: async () => (await controlPlane.api.get(`/api/v1/nodes/${names.nodeName}`)).status === 200,
    graceMs: 3_000,
  });
}

type NodeObject = { spec: { taints?: unknown[] }; status: { conditions?: { type: string; status: string }[] } };

// A new node is tainted until the controller manager sees that it is ready.
async function waitForNode(controlPlane: ControlPlane, name: string): Promise<void> {
  const ready = await waitUntil(
    async () => {
      const node = await controlPlane.api.getJson<NodeObject>(`/api/v1/nodes/${name}`);
      const condition = node.status.conditions?.find((each) => each.type === 'Ready');
      return condition?.status === 'True' && (node.spec.taints ?? []).length === 0;
    },
    60_000,
    100,
  );
  if (!ready) throw new Error(`node ${name} was not ready after 60 s. See kubelet.log and containerd.log`);
}

// unix(7): 108 bytes including the terminating one. The second socket of containerd has six more.
function refuseLongSocket(socket: string): void {
  if (Buffer.byteLength(socket) > 100)
    throw new Error(`the path ${socket} is too long for a socket. Choose a shorter run directory`);
}
