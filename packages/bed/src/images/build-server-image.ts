import { createHash } from 'node:crypto';
import { chmodSync, chownSync, createReadStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ComponentName } from '../components/catalogue.ts';
import { runCommand } from '../run/command.ts';
import { layOutShell } from './copy-programs.ts';
import { kafkaImage } from './kafka-image.ts';
import { postgresImage } from './postgres-image.ts';
import { redisImage } from './redis-image.ts';
import type { ServerImage } from './server-image.ts';
import { testImage } from './test-image.ts';

const images = { busybox: testImage, redis: redisImage, kafka: kafkaImage, postgres: postgresImage };

/**
 * Builds an image of a server from the programs of this machine, which needs no registry, as an archive in the format of
 * `docker save`. It has the user, the entry point and the environment of the image that the project of the server
 * publishes, so pods run both in the same way. Needs root. Returns the name of the image and the archive.
 */
export async function buildServerImage(
  server: keyof typeof images,
  options: { programs: Partial<Record<ComponentName, string>>; directory: string },
): Promise<{ reference: string; archive: string }> {
  const image = images[server];
  const absent = [...image.needs, 'busybox' as const].find((name) => options.programs[name] === undefined);
  if (absent !== undefined) throw new Error(`an image of ${server} needs ${absent}, which the bed does not have`);
  const work = mkdtempSync(path.join(options.directory, `${server}-`));
  try {
    const root = path.join(work, 'root');
    mkdirSync(root);
    await layOutShell(root, options.programs.busybox!);
    await image.layOut(root, options.programs);
    writeAccount(root, image);
    const archive = path.join(options.directory, `${server}-image.tar`);
    await writeArchive(work, image, archive);
    return { reference: image.reference, archive };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function writeAccount(root: string, { account, owned }: ServerImage): void {
  const [name, uid, home] = account.split(':');
  mkdirSync(path.join(root, 'etc'), { recursive: true });
  mkdirSync(path.join(root, 'tmp'));
  chmodSync(path.join(root, 'tmp'), 0o1777);
  writeFileSync(
    path.join(root, 'etc/passwd'),
    `root:x:0:0:root:/root:/bin/sh\n${name}:x:${uid}:${uid}::${home}:/bin/sh\n`,
  );
  writeFileSync(path.join(root, 'etc/group'), `root:x:0:\n${name}:x:${uid}:\n`);
  for (const directory of owned) {
    mkdirSync(path.join(root, directory), { recursive: true });
    chownSync(path.join(root, directory), Number(uid), Number(uid));
  }
}

async function writeArchive(work: string, { reference, config }: ServerImage, archive: string): Promise<void> {
  const [layer, configFile] = [path.join(work, 'layer.tar'), path.join(work, 'config.json')];
  await runCommand('tar', ['--numeric-owner', '-C', path.join(work, 'root'), '-cf', layer, '.']);
  const digest = createHash('sha256');
  await pipeline(createReadStream(layer), digest);
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const rootfs = { type: 'layers', diff_ids: [`sha256:${digest.digest('hex')}`] };
  writeFileSync(configFile, JSON.stringify({ architecture, os: 'linux', config, rootfs }));
  const manifest = [{ Config: 'config.json', RepoTags: [reference], Layers: ['layer.tar'] }];
  writeFileSync(path.join(work, 'manifest.json'), JSON.stringify(manifest));
  await runCommand('tar', ['-C', work, '-cf', archive, 'config.json', 'layer.tar', 'manifest.json']);
}
