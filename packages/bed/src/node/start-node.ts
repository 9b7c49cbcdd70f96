import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildServerImage } from '../images/build-server-image.ts';
import { testImage } from '../images/test-image.ts';
import { loadImage, type NodeImages } from '../cluster/node-images.ts';
import type { ControlPlane } from '../cluster/start-control-plane.ts';
import type { Programs } from '../components/catalogue.ts';
import { tryCommand } from '../run/command.ts';
import { freePort } from '../run/free-port.ts';
import { ManagedProcess } from '../run/managed-process.ts';
import { componentDirectory, type Run } from '../run/run-directory.ts';
import { waitUntil } from '../run/wait.ts';
import { createCgroup } from './cgroups.ts';
import { containerdConfig } from './containerd-config.ts';
import { kubeletArguments, kubeletConfig } from './kubelet-config.ts';
import { nodeNames, type NodeNames } from './node-names.ts';
import type { NodePlace } from './prepare-node.ts';
import { CLUSTER_DNS } from './service-config.ts';
import { snapshotterFor } from './snapshotter.ts';
import { createServicePrograms } from './start-services.ts';

export type ClusterNode = {
  name: string;
  /** The image that pods can run. */
  image: string;
  /** How to put more images on it. */
  images: NodeImages;
  pids(): Record<string, number | undefined>;
  stop(): Promise<void>;
};

export type StartNodeOptions = { run: Run; programs: Programs; controlPlane: ControlPlane; place: NodePlace };

/**
 * Starts containerd and a kubelet that joins the control plane, in the place that was prepared for them. Resolves when
 * the node is ready and pods can be scheduled on it. Where the place has Services, they work.
 */
export async function startNode(options: StartNodeOptions): Promise<ClusterNode> {
  const { run, programs, controlPlane, place } = options;
  const names = nodeNames(run);
  refuseLongSocket(names.containerdSocket);
  const started: ManagedProcess[] = [];
  let images: NodeImages;
  const stop = async (): Promise<void> => {
    for (const each of started.toReversed()) await each.stop();
  };
  const start = async (server: ManagedProcess): Promise<void> => {
    started.push(server);
    await server.start();
  };
  try {
    createCgroup(names.cgroup);
    const snapshotter = place.services ? await snapshotterFor(run) : 'native';
    images = { ctr: programs.ctr, socket: names.containerdSocket, snapshotter };
    const containerd = createContainerd({ ...options, names, snapshotter });
    writeFileSync(
      path.join(componentDirectory(run, 'cni'), 'bed.conflist'),
      place.cni(path.join(run.directory, 'cni-data')),
    );
    await start(containerd);
    const image = importTestImage(run, images, programs);
    await start(await createKubelet({ ...options, names }));
    await image;
    await Promise.all([waitForNode(controlPlane, names.nodeName), startServices(options, start)]);
  } catch (error) {
    await stop();
    throw error;
  }
  const pids = (): Record<string, number | undefined> =>
    Object.fromEntries(started.map((each) => [each.name, each.pid]));
  return { name: names.nodeName, image: testImage.reference, images, pids, stop };
}

async function startServices(
  options: StartNodeOptions,
  start: (server: ManagedProcess) => Promise<void>,
): Promise<void> {
  if (!options.place.services) return;
  const servers = await createServicePrograms(options);
  await Promise.all(servers.map((server) => start(server)));
}

function createContainerd(
  options: StartNodeOptions & { names: NodeNames; snapshotter: NodeImages['snapshotter'] },
): ManagedProcess {
  const { run, names, programs, place, snapshotter } = options;
  const directory = componentDirectory(run, 'containerd', 0o711);
  const configFile = path.join(directory, 'config.toml');
  writeFileSync(
    configFile,
    containerdConfig({
      names,
      runc: programs.runc,
      cniPlugins: path.dirname(programs.cni),
      cniConfig: path.join(run.directory, 'cni'),
      sandboxImage: testImage.reference,
      snapshotter,
    }),
  );
  return new ManagedProcess({
    run,
    name: 'containerd',
    program: programs.containerd,
    args: ['--config', configFile],
    networkNamespace: place.services?.networkNamespace,
    ready: async () =>
      (await tryCommand(programs.ctr, ['--address', names.containerdSocket, 'version'], { timeoutMs: 5_000 })).code ===
      0,
  });
}

async function importTestImage(run: Run, images: NodeImages, programs: Programs): Promise<void> {
  const { archive } = await buildServerImage('busybox', { programs, directory: run.directory });
  await loadImage(images, archive);
}

async function createKubelet(options: StartNodeOptions & { names: NodeNames }): Promise<ManagedProcess> {
  const { run, names, controlPlane, place } = options;
  const { address, services } = place;
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
      kubeletConfig({
        names,
        address,
        port: await freePort(),
        caFile: keys.caFile,
        serving,
        clusterDns: services && CLUSTER_DNS,
      }),
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
    networkNamespace: services?.networkNamespace,
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
