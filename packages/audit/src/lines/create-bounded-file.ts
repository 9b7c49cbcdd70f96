import { mkdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { appendLines } from './append-lines.ts';

/**
 * Creates a function that appends to a file, one text after the other. Before the file has more than `maxBytes`, it is
 * moved to `<file>.1`, which it replaces, and begins anew. Then `onRotate` is called.
 */
export function createBoundedFile(
  file: string,
  maxBytes: number,
  onRotate: () => void = () => {},
): (text: string) => Promise<void> {
  let size: number | undefined;
  let last: Promise<void> = Promise.resolve();

  const write = async (text: string): Promise<void> => {
    if (size === undefined) {
      await mkdir(path.dirname(file), { recursive: true });
      size = await stat(file).then(
        (found) => found.size,
        () => 0,
      );
    }
    const bytes = Buffer.byteLength(text);
    if (size > 0 && size + bytes > maxBytes) {
      await rename(file, `${file}.1`);
      size = 0;
      onRotate();
    }
    await appendLines(file, text);
    size += bytes;
  };
  return (text) => {
    const written = last.then(() => write(text));
    last = written.catch(() => {
      // How much was written is unknown, so the size is read again.
      size = undefined;
    });
    return written;
  };
}
