import path from 'node:path';
import { parseIdentities, readRecording, RecordingFault, type Frame } from '@sallyport/recordings/read';
import type { Recording } from '@sallyport/contracts/answers';
import type { Environment } from '../environment/environment.ts';
import { readNamedFile } from '../files/read-file.ts';
import { expectOk } from '../gateway/expect-ok.ts';
import { beginAsUser, type OpenGateway } from '../gateway/open-gateway.ts';
import { CliError, usageError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { recordingsPath } from './list-recordings.ts';

/** The gateway reads a file from the store, which may have much to do. */
const silenceMs = 60_000;

export type IdentityOptions = { identity?: string };

/** Reads the private keys that open recordings. They stay in this process. Throws a CliError that never has a key. */
export function readIdentities({ env, workingDirectory }: Environment, { identity }: IdentityOptions): string[] {
  const named = identity ?? (env.SALLYPORT_RECORDINGS_IDENTITY || undefined);
  if (named === undefined)
    throw usageError(
      'no private key is given, without which a recording cannot be opened',
      'Name its file with --identity, or set SALLYPORT_RECORDINGS_IDENTITY.',
    );
  const text = readNamedFile(path.resolve(workingDirectory, named));
  try {
    return parseIdentities(text);
  } catch (error) {
    throw new CliError(
      'local-file',
      `${named} has no private key of age`,
      text.startsWith('age-encryption.org/') || text.startsWith('-----BEGIN AGE')
        ? 'It is encrypted. Decrypt it first with: age -d'
        : 'It must have a line that begins with AGE-SECRET-KEY-1. age-keygen makes one.',
      { cause: error },
    );
  }
}

const verify = 'Verify it: sallyport audit verify --recordings';
const hints: Readonly<Record<RecordingFault['kind'], string>> = {
  missing: `It may be on its way to the store, so try again in a minute. ${verify}`,
  altered: verify,
  swapped: verify,
  unreadable: 'Check that the key is one that it is sealed for: sallyport recordings show',
};

/** Fetches one file of a recording: at most what it should have, and one byte more, which its digest then betrays. */
async function fetchFile(gateway: OpenGateway, file: string, bytes: number): Promise<Uint8Array | undefined> {
  const call = { method: 'GET', path: file, accept: 'application/octet-stream' } as const;
  const answer = await beginAsUser(gateway, call, silenceMs);
  if (answer.status === 404) return undefined;
  expectOk(answer, gateway.address.origin);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer.chunks!) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > bytes) break;
  }
  return Buffer.concat(chunks);
}

type Read = { gateway: OpenGateway; identities: readonly string[]; by: 'play' | 'export' | 'search' };

/**
 * Reads the frames of a recording from its beginning. Each file is compared with its digest in the audit trail before it
 * is opened. Throws a CliError that names the part with the fault.
 */
export async function* readFrames(
  { recording, parts }: Recording,
  { gateway, identities, by }: Read,
): AsyncGenerator<Frame> {
  const sizes = new Map(parts.flatMap(({ files }) => files.map(({ name, bytes }) => [name, bytes])));
  const place = `${recordingsPath}/${encodeURIComponent(recording.id)}/files`;
  const fetch = (name: string) =>
    fetchFile(gateway, `${place}/${encodeURIComponent(name)}?by=${by}`, sizes.get(name) ?? 0);
  try {
    yield* readRecording({ recording: recording.id, parts, fetch, identities });
  } catch (error) {
    if (!(error instanceof RecordingFault)) throw error;
    throw new CliError('failed', `recording ${recording.id}, ${error.message}`, hints[error.kind], { cause: error });
  }
}

/** Tells the user what a recording lacks. */
export function noteLacks({ stderr }: Pick<Environment, 'stderr'>, { recording, gaps }: Recording): void {
  const { state, reason } = recording;
  const why = reason == null ? '' : ` (${forTerminal(reason)})`;
  if (state === 'running') stderr.write('Note: the session still runs. This is what was closed of it so far.\n');
  else if (state === 'cut') stderr.write(`Note: the gateway was stopped, and the recording ends there${why}.\n`);
  else if (state !== 'complete') stderr.write(`Note: the end of the recording is missing${why}.\n`);
  for (const { from, until } of gaps)
    stderr.write(`Note: nothing was recorded from ${forTerminal(from)} to ${forTerminal(until ?? 'the end')}.\n`);
}
