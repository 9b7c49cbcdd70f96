import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { runCommand } from '../run/command.ts';
import { writeTar } from './tar.ts';

/** The image of the test pods: only busybox. It exists only on the node of the bed. */
export const testImage = 'sallyport.test/busybox:1';

/** Builds the test image from a static busybox, in the format of `docker save`. */
export async function buildTestImage(busybox: string): Promise<Buffer> {
  const applets = (await runCommand(busybox, ['--list']))
    .split('\n')
    .filter((name) => name !== '' && name !== 'busybox');
  return imageArchive(testImage, rootFileSystem(readFileSync(busybox), applets));
}

export function rootFileSystem(busybox: Buffer, applets: readonly string[]): Buffer {
  const directory = (path: string, mode?: number) => ({ path, kind: 'directory', mode }) as const;
  const text = (path: string, content: string) => ({ path, kind: 'file', data: Buffer.from(content) }) as const;
  return writeTar([
    directory('bin/'),
    directory('etc/'),
    directory('root/', 0o700),
    directory('tmp/', 0o1777),
    directory('var/'),
    { path: 'bin/busybox', kind: 'file', data: busybox, mode: 0o755 },
    ...applets.map((name) => ({ path: `bin/${name}`, kind: 'link', target: 'busybox' }) as const),
    text('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\n'),
    text('etc/group', 'root:x:0:\nnogroup:x:65534:\n'),
  ]);
}

export function imageArchive(name: string, layer: Buffer): Buffer {
  const config = JSON.stringify({
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: {
      Cmd: ['/bin/sleep', '2147483647'],
      Env: ['PATH=/bin', 'HOME=/root'],
      // As process 1 of its container, `sleep` ignores other signals, and every pod deletion would take its full grace period.
      StopSignal: 'SIGKILL',
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${digest(layer)}`] },
    history: [{ created_by: 'sallyport bed' }],
  });
  const configName = `${digest(Buffer.from(config))}.json`;
  const manifest = JSON.stringify([{ Config: configName, RepoTags: [name], Layers: ['layer.tar'] }]);
  return writeTar([
    { path: configName, kind: 'file', data: Buffer.from(config) },
    { path: 'layer.tar', kind: 'file', data: layer },
    { path: 'manifest.json', kind: 'file', data: Buffer.from(manifest) },
  ]);
}

function digest(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
