// Imported by the global setup of jest, with the type stripping of Node.js.
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const program = fileURLToPath(new URL('../../../scripts/image.mjs', import.meta.url));

/** Builds the image of the services into a directory. Returns the archive and the digest of the image. */
export async function buildImage(
  directory: string,
  options: { home?: string; stage?: 'production' | 'development' } = {},
): Promise<{ archive: string; bill: string; digest: string }> {
  const { stage = 'production' } = options;
  const env = { ...process.env, ...(options.home === undefined ? {} : { HOME: options.home }) };
  const { stdout } = await run(process.execPath, [program, '--out', directory, '--stage', stage], { env });
  const fileOf = (end: string): string =>
    path.join(
      directory,
      readdirSync(directory).find((one) => one.endsWith(end))!,
    );
  return { archive: fileOf('.tar'), bill: fileOf('.cdx.json'), digest: stdout.trim() };
}
