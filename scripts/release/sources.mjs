// Says which sources a release is made from.
import { execFile } from 'node:child_process';
import process from 'node:process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Returns the commit of the sources and their time in seconds since 1970: that of the commit, or SOURCE_DATE_EPOCH. If the
 * sources are not exactly those of a commit, returns `problem` instead of it.
 */
export async function readSources(root, env = process.env) {
  const { SOURCE_DATE_EPOCH: given } = env;
  const { commit, problem, committed } = await readCommit(root);
  const seconds = given === undefined ? committed : Number(given);
  return { ...(seconds === undefined ? {} : { seconds }), ...(problem === undefined ? { commit } : { problem }) };
}

async function readCommit(root) {
  const git = async (...args) => (await run('git', args, { cwd: root, maxBuffer: 64 * 1024 * 1024 })).stdout.trimEnd();
  try {
    // Within the repository of something else, the sources have no commit of their own.
    if ((await git('rev-parse', '--show-prefix')) !== '') return { problem: 'the sources are not a Git repository' };
    const [commit, time] = (await git('log', '-1', '--format=%H %ct')).split(' ');
    const changed = await git('--no-optional-locks', 'status', '--porcelain');
    const problem =
      changed === '' ? undefined : `files differ from the commit, such as ${changed.split('\n')[0].slice(3)}`;
    return { commit, committed: Number(time), problem };
  } catch (error) {
    const why =
      error.code === 'ENOENT' ? 'git is not installed' : (error.stderr ?? error.message).trim().split('\n')[0];
    return { problem: `Git does not know the sources (${why})` };
  }
}
