import { writeFileSync } from 'node:fs';
import path from 'node:path';

/** Returns a function that writes a file into a directory, for its owner alone, and returns its path. */
export const privateFilesIn =
  (directory: string) =>
  (name: string, text: string): string => {
    const file = path.join(directory, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
