import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildServerImage } from './build-server-image.ts';
import { testImage } from './test-image.ts';

describe('the test image', () => {
  let directory: string;
  let archive: string;
  const member = (name: string): Buffer => execFileSync('tar', ['-xOf', archive, name], { maxBuffer: 1 << 26 });

  beforeAll(async () => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'bed-image-'));
    const busybox = path.join(directory, 'busybox');
    writeFileSync(busybox, '#!/bin/sh\nprintf "busybox\\nsh\\ntar\\n"\n', { mode: 0o755 });
    ({ archive } = await buildServerImage('busybox', { programs: { busybox }, directory }));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('has a layer with the digest in its configuration', () => {
    const [manifest] = JSON.parse(member('manifest.json').toString()) as [
      { Config: string; RepoTags: string[]; Layers: string[] },
    ];
    const config = JSON.parse(member(manifest.Config).toString()) as { rootfs: { diff_ids: string[] } };
    expect(manifest.RepoTags).toEqual([testImage.reference]);
    expect(manifest.Layers).toEqual(['layer.tar']);
    expect(config.rootfs.diff_ids).toEqual([
      `sha256:${createHash('sha256').update(member('layer.tar')).digest('hex')}`,
    ]);
  });

  it('has a shell, and the tar that kubectl cp needs', () => {
    const listed = execFileSync('tar', ['-tvf', '-'], { input: member('layer.tar'), encoding: 'utf8' });
    expect(listed).toContain('bin/sh -> busybox');
    expect(listed).toContain('bin/tar -> busybox');
    expect(listed).toMatch(/^-rwxr-xr-x .*bin\/busybox$/m);
    expect(listed).toMatch(/^drwx------ .*root\/$/m);
    expect(listed).toMatch(/^drwxrwxrwt .*tmp\/$/m);
  });
});
