// Reads what a release is made from, and refuses to sign anything else.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { releaseNotes } from './notes.mjs';
import { readSources } from './sources.mjs';

/**
 * Returns the version of the sources in `root`, their repository, time and commit, and the notes. `commit` is undefined,
 * and `problem` says why, if the sources are not those of a commit. Throws if there is a signing key, but this is not a
 * release, unless it is `unattested`: what is signed gets to all users.
 */
export async function readRelease({ root, keys, unattested }) {
  const read = (file) => readFileSync(path.join(root, file), 'utf8');
  const { version, repository } = JSON.parse(read('package.json'));
  const pages = { changelog: read('CHANGELOG.md'), upgrades: read('docs/operations/upgrade.md') };
  const { notes, isReleased } = releaseNotes({ ...pages, version, repository, keys: keys.trusted });
  const { commit, problem, seconds } = await readSources(root);
  const why = problem ?? (isReleased ? undefined : 'CHANGELOG.md has changes that are Unreleased');
  if (keys.signingKey !== undefined && !unattested && why !== undefined)
    throw new Error(
      `this is not a release to sign: ${why}\n  Commit the version (see CONTRIBUTING.md). To sign it nevertheless, add --unattested.`,
    );
  return { version, repository, notes, timeOfSources: seconds, commit, problem };
}
