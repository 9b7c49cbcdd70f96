import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { imageArchive, rootFileSystem, testImage } from './test-image.ts';

const member = (archive: Buffer, name: string): Buffer =>
  execFileSync('tar', ['-xOf', '-', name], { input: archive, maxBuffer: 1 << 26 });

describe('the test image', () => {
  const layer = rootFileSystem(Buffer.from('busybox itself'), ['sh', 'tar']);
  const archive = imageArchive(testImage, layer);

  it('has a layer with the digest in its configuration', () => {
    const [manifest] = JSON.parse(member(archive, 'manifest.json').toString()) as [
      { Config: string; RepoTags: string[]; Layers: string[] },
    ];
    const config = JSON.parse(member(archive, manifest.Config).toString()) as { rootfs: { diff_ids: string[] } };
    expect(manifest.RepoTags).toEqual([testImage]);
    expect(manifest.Layers).toEqual(['layer.tar']);
    expect(config.rootfs.diff_ids).toEqual([
      `sha256:${createHash('sha256').update(member(archive, 'layer.tar')).digest('hex')}`,
    ]);
  });

  it('has a shell, and the tar that kubectl cp needs', () => {
    const listed = execFileSync('tar', ['-tvf', '-'], { input: layer, encoding: 'utf8' });
    expect(listed).toContain('bin/sh -> busybox');
    expect(listed).toContain('bin/tar -> busybox');
  });
});
