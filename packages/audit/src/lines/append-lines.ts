import { open } from 'node:fs/promises';

/** Reports whether a file ends in the middle of a line. One that may not be read may. */
async function isCut(file: string, size: number): Promise<boolean> {
  if (size === 0) return false;
  try {
    const handle = await open(file, 'r');
    try {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
      return bytesRead === 0 || buffer.toString() !== '\n';
    } finally {
      await handle.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    return true;
  }
}

/**
 * Appends lines to a file, which only its owner can read. An append that failed, now or in an earlier process, may have
 * left a part of a line. The file may allow nothing but appending, so that part becomes a line of its own. With
 * `isDurable`, resolves when the lines are on the disk.
 */
export async function appendLines(file: string, lines: string, isDurable = false): Promise<void> {
  const handle = await open(file, 'a', 0o600);
  try {
    const stat = await handle.stat();
    const end = stat.isFile() && (await isCut(file, stat.size)) ? '\n' : '';
    await handle.appendFile(`${end}${lines}`);
    if (isDurable) await handle.datasync();
  } finally {
    await handle.close();
  }
}
