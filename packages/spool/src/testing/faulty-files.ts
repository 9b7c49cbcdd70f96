import { diskFiles, type Files, type SpoolFile } from '../files/disk-files.ts';

type Operation = 'open' | 'read' | 'write' | 'datasync' | 'sync' | 'truncate' | 'unlink' | 'rename';
type Fault = { code: string; partial?: number; times: number; in?: string };

/** The files of a disk that fails on command. */
export type FaultyFiles = Files & {
  /**
   * Lets an operation fail `times` times (for good by default). A write takes `partial` bytes before it fails. With
   * `in`, only files fail whose path contains this.
   */
  fail(operation: Operation, code: string, options?: { partial?: number; times?: number; in?: string }): void;
  /** Lets an operation hang until `heal`, with `in` only on files whose path contains this. */
  hang(operation: Operation, options?: { in?: string }): void;
  /** Ends all faults. */
  heal(): void;
  /** How often an operation was called. */
  readonly calls: Record<Operation, number>;
};

type Enter = (operation: Operation, path: string) => Promise<Fault | undefined>;

function errorOf(operation: string, code: string): Error {
  return Object.assign(new Error(`${code}: ${operation}`), { code });
}

async function check(enter: Enter, operation: Operation, path: string): Promise<void> {
  const fault = await enter(operation, path);
  if (fault) throw errorOf(operation, fault.code);
}

/** Returns an open file whose operations fail as `enter` says. */
function createFaultyFile(file: SpoolFile, path: string, enter: Enter): SpoolFile {
  const handle = file as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const checked =
    (operation: Operation) =>
    async (...args: unknown[]) => {
      await check(enter, operation, path);
      return handle[operation]!(...args);
    };
  const write = async (bytes: Uint8Array, from: number, length: number, at: number) => {
    const fault = await enter('write', path);
    if (fault?.partial) await file.write(bytes, from, Math.min(fault.partial, length), at);
    if (fault) throw errorOf('write', fault.code);
    return file.write(bytes, from, length, at);
  };
  return {
    read: checked('read') as SpoolFile['read'],
    write: write as SpoolFile['write'],
    datasync: checked('datasync') as SpoolFile['datasync'],
    sync: checked('sync') as SpoolFile['sync'],
    truncate: checked('truncate') as SpoolFile['truncate'],
    stat: file.stat.bind(file),
    close: file.close.bind(file),
  };
}

/** Creates files on the real disk, with faults. */
export function createFaultyFiles(): FaultyFiles {
  const calls = { open: 0, read: 0, write: 0, datasync: 0, sync: 0, truncate: 0, unlink: 0, rename: 0 };
  const faults = new Map<Operation, Fault>();
  const hanging = new Map<Operation, PromiseWithResolvers<void> & { in?: string }>();
  const enter: Enter = async (operation, path) => {
    calls[operation] += 1;
    const hang = hanging.get(operation);
    if (hang && path.includes(hang.in ?? '')) await hang.promise;
    const fault = faults.get(operation);
    if (fault?.in !== undefined && !path.includes(fault.in)) return undefined;
    if (fault && (fault.times -= 1) <= 0) faults.delete(operation);
    return fault;
  };
  return {
    calls,
    fail: (operation, code, options = {}) => void faults.set(operation, { times: Infinity, ...options, code }),
    hang: (operation, options = {}) => void hanging.set(operation, { ...Promise.withResolvers<void>(), ...options }),
    heal() {
      faults.clear();
      for (const { resolve } of hanging.values()) resolve();
      hanging.clear();
    },
    async open(path, flags, mode) {
      await check(enter, 'open', path);
      return createFaultyFile(await diskFiles.open(path, flags, mode), path, enter);
    },
    async rename(from, to) {
      await check(enter, 'rename', from);
      await diskFiles.rename(from, to);
    },
    async unlink(path) {
      await check(enter, 'unlink', path);
      await diskFiles.unlink(path);
    },
    list: diskFiles.list,
  };
}
