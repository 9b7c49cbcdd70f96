import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { ConfigFault } from '../config/config-faults.ts';
import type { WorkerRequest } from './config-worker.ts';
import type { PackedDocuments } from './pack-documents.ts';
import type { Candidate } from './read-candidate.ts';

/** The result of a worker: the configuration without its policies, and the policies in packed form. */
export type ReadCandidate =
  | (Omit<Extract<Candidate, { ok: true }>, 'lint'> & {
      documents: PackedDocuments;
      /** All warnings, once the policies are linted; undefined if that fails or is not done. Never rejects. */
      allWarnings?: Promise<ConfigFault[] | undefined>;
    })
  | (Extract<Candidate, { ok: false }> & {
      /** Set if the reader itself failed, whatever the files contain. */
      failure?: unknown;
    });

/** Reads and checks a configuration without blocking this thread. The sizes of `files` determine its memory limit. */
export type ConfigReader = (request: {
  file: string;
  maxBytes: number;
  files: Iterable<string>;
  forOneProcess?: boolean | undefined;
  signal?: AbortSignal;
}) => Promise<ReadCandidate>;

const source = import.meta.url.endsWith('.ts');
const program = new URL(source ? './config-worker.ts' : './config-worker.js', import.meta.url);
const timeoutMs = 60_000;
const megabyte = 1024 * 1024;

/**
 * Returns the memory limit in MiB. The parser needs about 40 bytes per byte of YAML, and lint keeps every rule to compare
 * them: with half of this, reading 10,000 rules takes twice as long. A limit also speeds up collection.
 */
function memoryFor(files: Iterable<string>): number {
  let bytes = 0;
  for (const file of files) bytes += statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return 192 + Math.ceil((bytes / megabyte) * 64);
}

function describeFailure(error: unknown): string {
  const { code } = error as { code?: unknown };
  return code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? 'needs more memory to parse than its size allows'
    : 'cannot be read (the reader failed)';
}

type WorkerResult = { head: string; bytes: Uint8Array<ArrayBuffer> };

/** Starts the worker. Resolves with its result, and with the warnings that follow it. */
function run(
  request: WorkerRequest,
  memory: number,
  signal: AbortSignal | undefined,
): Promise<WorkerResult & { allWarnings: Promise<ConfigFault[] | undefined> }> {
  const later = Promise.withResolvers<ConfigFault[] | undefined>();
  return new Promise((resolve, reject) => {
    // Tests run the sources directly, so the worker must resolve the sources of other packages too.
    const worker = new Worker(fileURLToPath(program), {
      workerData: request,
      resourceLimits: { maxOldGenerationSizeMb: memory, maxYoungGenerationSizeMb: 16 },
      execArgv: source ? ['--conditions=source', '--disable-warning=ExperimentalWarning'] : [],
    });
    const giveUp = (why: string) => {
      reject(new Error(why));
      void worker.terminate();
    };
    const timer = setTimeout(() => giveUp(`no result within ${timeoutMs} ms`), timeoutMs);
    const stop = () => giveUp('the service is stopping');
    signal?.addEventListener('abort', stop);
    worker.on('message', (message: WorkerResult | { warnings: ConfigFault[] | undefined }) => {
      if ('warnings' in message) later.resolve(message.warnings);
      else resolve({ ...message, allWarnings: later.promise });
    });
    worker.once('error', reject);
    worker.once('exit', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      later.resolve(undefined);
      reject(new Error('the reader ended without a result'));
    });
  });
}

/**
 * Creates the reader. `engine` is the URL of the policy language's module; `documents` includes the policies in the
 * result. A failure of the reader rejects the file and leaves the service unchanged.
 */
export function createConfigReader(deps: { engine: string; documents: boolean }): ConfigReader {
  const { engine, documents } = deps;
  return async ({ file, maxBytes, files, forOneProcess, signal }) => {
    try {
      const request = { file, maxBytes, forOneProcess, engine, documents };
      const { head, bytes, allWarnings } = await run(request, memoryFor(files), signal);
      const { index, ...candidate } = JSON.parse(head) as Candidate & { index: PackedDocuments['index'] };
      if (!candidate.ok) return candidate;
      return { ...candidate, documents: { index, bytes }, ...(documents && { allWarnings }) };
    } catch (error) {
      const fault: ConfigFault = { path: '', file, message: describeFailure(error) };
      return { ok: false, faults: [fault], files: [], failure: error };
    }
  };
}
