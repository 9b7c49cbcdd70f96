import { execFile } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { fieldOf, parseJson } from '../input/untrusted.ts';
import { CliError } from '../terminal/cli-error.ts';
import { unpack } from './unpack.ts';

/** The file of a release: its version and its name, which were signed, and its content, whose SHA-256 was. */
export type NewProgram = { version: string; name: string; bytes: Buffer };

const fault = (what: string, cause?: unknown) =>
  new CliError('failed', what, 'Nothing was changed. Tell the operator of the gateway.', { cause });

/** Starts a program and returns its version, or why it cannot be known. */
function askVersion(program: string, args: readonly string[]): Promise<{ version?: unknown; problem?: string }> {
  return new Promise((resolve) => {
    const options = { timeout: 60_000, killSignal: 'SIGKILL', encoding: 'utf8' } as const;
    execFile(program, [...args, 'version', '--client', '-o', 'json'], options, (error, stdout, stderr) => {
      if (error !== null) resolve({ problem: stderr.trim().slice(0, 500) || error.message });
      else resolve({ version: fieldOf(fieldOf(parseJson(stdout), 'client'), 'version') });
    });
  });
}

async function tryOne(
  directory: string,
  { version, bytes }: NewProgram,
  { top, command }: { top: string; command: readonly string[] },
): Promise<string> {
  const [program = '', ...args] = command;
  await unpack(bytes, directory, top).catch((error: Error) => {
    throw fault(`the new version cannot be unpacked: ${error.message}`, error);
  });
  const { version: found, problem } = await askVersion(program, args);
  if (problem !== undefined) throw fault(`the new version does not run on this machine: ${problem}`);
  if (found !== version) throw fault(`the new program does not say that it is version ${version}`);
  return path.join(directory, top);
}

/**
 * Unpacks a self-contained archive into an empty directory and runs its program once. Returns the directory of the
 * archive. Throws a CliError unless the program starts on this machine and says that it has the version that was signed.
 */
export function tryArchive(directory: string, added: NewProgram): Promise<string> {
  const top = added.name.replace(/\.tar\.gz$/, '');
  return tryOne(directory, added, { top, command: [path.join(directory, top, 'bin', 'sallyport')] });
}

/** Does the same with an npm package, on the Node.js that runs this program. */
export function tryPackage(directory: string, added: NewProgram): Promise<string> {
  const script = path.join(directory, 'package', 'bin', 'sallyport.js');
  return tryOne(directory, added, { top: 'package', command: [process.execPath, script] });
}
