import { join } from 'node:path';
import { isMissing, readBytes, syncDirectory, writeAll, type Files } from './disk-files.ts';

/** Reads a JSON file. Returns undefined if there is none. Throws if it is not JSON. */
export async function readJsonFile(files: Files, path: string): Promise<unknown> {
  let handle;
  try {
    handle = await files.open(path, 'r');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    const text = (await readBytes(handle, 0, (await handle.stat()).size)).toString();
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Error(`${path} is not JSON: ${error.message}`, { cause: error });
    throw error;
  } finally {
    await handle.close();
  }
}

/** Replaces a JSON file in one step, so that after a crash it has either the old or the new value. */
export async function writeJsonFile(files: Files, dir: string, name: string, value: unknown): Promise<void> {
  const [path, next] = [join(dir, name), join(dir, `${name}.new`)];
  const handle = await files.open(next, 'w', 0o600);
  try {
    await writeAll(handle, Buffer.from(`${JSON.stringify(value)}\n`), 0);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await files.rename(next, path);
  await syncDirectory(files, dir);
}
