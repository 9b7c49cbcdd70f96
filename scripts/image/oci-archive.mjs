// Writes an image as an archive in the OCI layout, which containerd, podman, skopeo and crane read.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const digestOf = (data) => `sha256:${createHash('sha256').update(data).digest('hex')}`;
const types = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
};

/** Returns the configuration of an image: how it runs, and the layers by the digests of their unpacked content. */
function configOf({ settings, layers, architecture, seconds }) {
  const created = new Date(seconds * 1000).toISOString();
  return {
    created,
    architecture,
    os: 'linux',
    config: settings,
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(({ name }) => ({ created, created_by: `npm run image: ${name}` })),
  };
}

/**
 * Writes the archive `file` with one image for an architecture. `reference` is its name with a tag, `settings` how it
 * runs. Returns the digest of its manifest, by which registries know it. The same input results in the same bytes.
 */
export async function writeOciArchive({ file, reference, settings, layers, architecture, seconds }) {
  const work = mkdtempSync(`${file}-`);
  try {
    const blobs = path.join(work, 'blobs/sha256');
    mkdirSync(blobs, { recursive: true });
    const put = (value, mediaType) => {
      const data = Buffer.from(JSON.stringify(value));
      const digest = digestOf(data);
      writeFileSync(path.join(blobs, digest.slice('sha256:'.length)), data);
      return { mediaType, digest, size: data.length };
    };
    for (const layer of layers) copyFileSync(layer.file, path.join(blobs, layer.digest.slice('sha256:'.length)));
    const manifest = put(
      {
        schemaVersion: 2,
        mediaType: types.manifest,
        config: put(configOf({ settings, layers, architecture, seconds }), types.config),
        layers: layers.map(({ digest, size }) => ({ mediaType: types.layer, digest, size })),
      },
      types.manifest,
    );
    const annotations = {
      'io.containerd.image.name': reference,
      'org.opencontainers.image.ref.name': reference.slice(reference.lastIndexOf(':') + 1),
    };
    const index = { schemaVersion: 2, mediaType: types.index, manifests: [{ ...manifest, annotations }] };
    writeFileSync(path.join(work, 'index.json'), JSON.stringify(index));
    writeFileSync(path.join(work, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
    const fixed = ['--format=ustar', '--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX'];
    const names = ['oci-layout', 'index.json', 'blobs'];
    await run('tar', [...fixed, `--mtime=@${seconds}`, '-C', work, '-cf', `${work}.tar`, ...names]);
    renameSync(`${work}.tar`, file);
    return manifest.digest;
  } finally {
    rmSync(work, { recursive: true, force: true });
    rmSync(`${work}.tar`, { force: true });
  }
}
