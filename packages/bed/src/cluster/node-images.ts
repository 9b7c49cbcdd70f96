import { runCommand } from '../run/command.ts';

/** `native` copies all files for each container, which works on every file system. `overlayfs` shares them. */
export type Snapshotter = 'native' | 'overlayfs';

/** What it takes to put images on a node, as plain data. */
export type NodeImages = { ctr: string; socket: string; snapshotter: Snapshotter };

/** Loads an image from an archive, in the OCI layout or in the format of `docker save`. Pods then need no registry. */
export async function loadImage({ ctr, socket, snapshotter }: NodeImages, archive: string): Promise<void> {
  const args = ['--address', socket, '-n', 'k8s.io', 'images', 'import', '--snapshotter', snapshotter, archive];
  await runCommand(ctr, args, { timeoutMs: 300_000 });
}
