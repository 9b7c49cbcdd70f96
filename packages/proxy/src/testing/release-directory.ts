import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sallyportVersion } from '@sallyport/contracts';

/** The name of a file of a release of this version, by its end. */
export const releaseName = (end: string) => `sallyport-${sallyportVersion}${end}`;

export const digestOf = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');

/** Writes files and the SHA256SUMS of them into a new directory. `more` is added to the checksums as it is. */
export function writeReleaseDirectory(files: Readonly<Record<string, string | Buffer>>, more = ''): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-release-'));
  const sums = Object.entries(files).map(([name, content]) => {
    writeFileSync(path.join(directory, name), content);
    return `${digestOf(content)}  ${name}\n`;
  });
  writeFileSync(path.join(directory, 'SHA256SUMS'), `${sums.join('')}${more}`);
  return directory;
}
