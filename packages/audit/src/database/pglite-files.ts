import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import { versionFile } from './database-directory.ts';

type Options = Parameters<NodeFS['init']>[1];
/** What Emscripten knows of an open file. A directory has no descriptor. */
type Stream = { nfd?: number };
type EmscriptenFiles = { stream_ops: { fsync?(stream: Stream): number } };

/**
 * How the engine is started: with fsync, which -F would switch off (its fdatasync does nothing), and with less memory for
 * pages than 128 MB, of which it gives nothing back.
 */
export const startParams: string[] = [
  ...PGlite.defaultStartParams.filter((one) => one !== '-F'),
  '-c',
  'wal_sync_method=fsync',
  '-c',
  'shared_buffers=16MB',
];

/** EIO, as WASI numbers it. */
const inputOutputError = 29;

/** The files of the embedded database in a directory, written to the disk when the engine asks for it. */
export class SyncedFiles extends NodeFS {
  readonly #sync: (descriptor: number) => void;

  constructor(directory: string, sync: (descriptor: number) => void = fsyncSync) {
    super(directory);
    this.#sync = sync;
  }

  override async init(pg: PGlite, options: Options): ReturnType<NodeFS['init']> {
    // Without this, fsync does nothing, and a commit is lost, or breaks the database, when the machine loses power.
    const sync = ({ NODEFS }: { NODEFS: EmscriptenFiles }) => {
      NODEFS.stream_ops.fsync = ({ nfd }) => {
        try {
          if (nfd !== undefined) this.#sync(nfd);
          return 0;
        } catch {
          // The engine stops itself then. An exception would leave it in the middle of its work.
          return inputOutputError;
        }
      };
    };
    const { emscriptenOpts } = await super.init(pg, options);
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [sync, ...asList(emscriptenOpts.preRun)] } };
  }
}

const asList = <T>(value: T | T[] | undefined): T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

function syncOne(file: string): void {
  const descriptor = openSync(file, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

/** Moves a database into a directory. The file that names the version appears last, when the disk has the others. */
export function moveDatabase(from: string, to: string): void {
  for (const name of readdirSync(from, { recursive: true, encoding: 'utf8' })) syncOne(path.join(from, name));
  const move = (name: string) => {
    rmSync(path.join(to, name), { recursive: true, force: true });
    renameSync(path.join(from, name), path.join(to, name));
  };
  for (const name of readdirSync(from)) if (name !== versionFile) move(name);
  syncOne(to);
  move(versionFile);
  syncOne(to);
  rmSync(from, { recursive: true });
}
