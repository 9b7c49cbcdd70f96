import { closeSync, existsSync, fsyncSync, openSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';

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

/** The file of a database that names the version of PostgreSQL. */
export const versionFile = 'PG_VERSION';

/** Returns whether a directory has the files of a database. */
export const hasDatabase = (directory: string): boolean => existsSync(path.join(directory, versionFile));

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
        if (nfd !== undefined) this.#sync(nfd);
        return 0;
      };
    };
    const { emscriptenOpts } = await super.init(pg, options);
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [sync, ...asList(emscriptenOpts.preRun)] } };
  }
}

const asList = <T>(value: T | T[] | undefined): T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** Writes everything below a directory to the disk. */
export function syncDirectory(directory: string): void {
  const entries = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  for (const name of ['', ...entries]) {
    const descriptor = openSync(path.join(directory, name), 'r');
    fsyncSync(descriptor);
    closeSync(descriptor);
  }
}
