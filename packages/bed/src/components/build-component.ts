import path from 'node:path';
import { lastLines, tryCommand, type CommandOptions } from '../run/command.ts';
import { reportWhile, type Progress } from '../run/progress.ts';
import { buildInto } from './cache-directory.ts';

/**
 * Runs a tool. Throws what failed with the last lines of its output: of stderr, or if that is empty of stdout, or with
 * `first: 'stdout'` the other way round.
 */
type RunTool = (
  failed: string,
  command: readonly string[],
  options?: CommandOptions & { first?: 'stdout' },
) => Promise<void>;

/** How a component gets into the cache. */
export type Build = {
  /** The directory in the cache, which has the version in its name. */
  entry: string;
  /** The program in that directory, or `.` for the directory itself. */
  file: string;
  /** What is done, as progress messages say it, and how long it takes. */
  what: string;
  takes: string;
  /** Fills the directory. */
  work(building: string, run: RunTool): Promise<void>;
};

/** Builds a component into the cache and returns the path of its program. */
export async function buildComponent(
  { entry, file, what, takes, work }: Build,
  { cacheDirectory, onProgress, signal }: { cacheDirectory: string; onProgress?: Progress; signal?: AbortSignal },
): Promise<string> {
  const run: RunTool = async (failed, [program, ...args], { first, ...options } = {}) => {
    const { code, stdout, stderr } = await tryCommand(program!, args, { ...options, signal });
    const output = first === 'stdout' ? stdout || stderr : stderr || stdout;
    if (code !== 0) throw new Error(`${failed} failed: ${lastLines(output, 5)}`);
  };
  const directory = await buildInto(cacheDirectory, entry, async (building) => {
    onProgress?.(`${what} (only the first time, ${takes})`);
    await reportWhile(onProgress, what, () => work(building, run));
  });
  return path.join(directory, file);
}
