import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { create } from 'tar';
import { fileFault } from '../files/write-file.ts';
import { removeFromText } from './remove-secrets.ts';

/** What is collected: the texts of files by their names, and what could not be had. */
export type Bundle = {
  add(name: string, text: string): void;
  /** Adds a file with what `read` returns. A failure is noted in the bundle, which goes on without the file. */
  try(name: string, read: () => Promise<string>): Promise<void>;
  /** Texts that must not be in any file. */
  secrets: Set<string>;
  /** Writes the archive. Returns how many files there are, how many are missing, and how many secrets were removed. */
  write(file: string): Promise<{ files: number; missing: number; removed: number }>;
};

/** One file has at most this many characters: the last ones. */
const longest = 20 * 1024 * 1024;

export function createBundle(): Bundle {
  const files = new Map<string, string>();
  const missing: { file: string; why: string }[] = [];
  const secrets = new Set<string>();
  const add = (name: string, text: string) => void files.set(name, text.slice(-longest));
  return {
    add,
    async try(name, read) {
      try {
        add(name, await read());
      } catch (error) {
        missing.push({ file: name, why: (error as Error).message.slice(0, 2000) });
      }
    },
    secrets,
    async write(file) {
      add('missing.json', `${JSON.stringify(missing, null, 2)}\n`);
      const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-support-'));
      let removed = 0;
      try {
        for (const [name, text] of files) {
          const { text: safe, count } = removeFromText(text, secrets);
          removed += count;
          const place = path.join(directory, 'sallyport-support', name);
          mkdirSync(path.dirname(place), { recursive: true, mode: 0o700 });
          writeFileSync(place, safe, { mode: 0o600 });
        }
        // Created with its mode before anything is in it.
        writeFileSync(file, '', { mode: 0o600, flag: 'wx' });
        await create({ gzip: true, portable: true, file, cwd: directory }, ['sallyport-support']);
      } catch (error) {
        throw fileFault(file, error, 'Name a file in a directory that you may write to with --out.');
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
      return { files: files.size, missing: missing.length, removed };
    },
  };
}
