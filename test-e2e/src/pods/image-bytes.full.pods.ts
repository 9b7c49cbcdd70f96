import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, expect, it } from '@jest/globals';
import { buildImage } from '../harness/build-image.ts';
import { describeWith } from '../harness/index.ts';

describeWith(['pods'], 'the bytes of the image', () => {
  const scratch = mkdtempSync(path.join(tmpdir(), 'sallyport-image-'));
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));
  const digestOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

  it('are the same from an empty cache as from a full one, and so is the list of its contents', async () => {
    // A cache without layers, but with what npm and apt have downloaded, whose digests are pinned.
    const home = path.join(scratch, 'home');
    const [kept, fresh] = [homedir(), home].map((one) => path.join(one, '.cache/sallyport/image'));
    mkdirSync(fresh!, { recursive: true });
    symlinkSync(path.join(kept!, 'debian'), path.join(fresh!, 'debian'));
    process.env['npm_config_cache'] ??= path.join(homedir(), '.npm');
    const [full, empty] = [
      await buildImage(path.join(scratch, 'full')),
      await buildImage(path.join(scratch, 'empty'), { home }),
    ];
    expect(empty.digest).toBe(full.digest);
    expect(digestOf(empty.archive)).toBe(digestOf(full.archive));
    expect(digestOf(empty.bill)).toBe(digestOf(full.bill));
  });
});
