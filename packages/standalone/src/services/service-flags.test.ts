import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { expect, it } from '@jest/globals';
import { serviceNames } from '@sallyport/contracts';
import { serviceFlags } from './service-flags.ts';

const entrypoint = path.resolve(import.meta.dirname, '../../../../deploy/image/entrypoint.sh');

it.each(serviceNames)('the image starts %s with the same flags as everything else', (name) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-flags-'));
  try {
    writeFileSync(path.join(directory, 'node'), '#!/bin/sh\nfor one; do echo "$one"; done\n');
    chmodSync(path.join(directory, 'node'), 0o700);
    const { stdout } = spawnSync('sh', [entrypoint, name], {
      env: { ...process.env, PATH: `${directory}:${process.env['PATH']}` },
      encoding: 'utf8',
    });
    const flags = stdout.split('\n');
    expect(flags).toContain(`/app/packages/${name}/dist/main.js`);
    const memory = (some: readonly string[]) =>
      some.filter((flag) => flag.includes('space') || flag.includes('warning'));
    expect(memory(flags)).toEqual(serviceFlags(name));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
