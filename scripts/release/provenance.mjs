// States how a release was made: an in-toto statement with the predicate of SLSA, https://slsa.dev/spec/v1.0/provenance.
// It has no time and no id of the build, so that the same build has the same statement.
import process from 'node:process';
import { nodeOrigin } from './bill-of-materials.mjs';

/** Returns where the page about releases explains a term of the statement. */
const explained = (repository, anchor) => `${repository}/blob/main/docs/operations/releases.md#${anchor}`;

/** Returns the Node.js for each platform as a dependency of the build. */
function nodeDependencies(chosen, lock) {
  const origins = chosen.map((platform) => nodeOrigin(platform, lock));
  return origins.map(({ purl, hashes }) => ({
    uri: purl,
    digest: Object.fromEntries(hashes.map(({ alg, content }) => [alg.toLowerCase().replace('-', ''), content])),
  }));
}

/**
 * Returns the statement about a release. `subjects` are pairs of a file and its SHA-256, `commit` is that of the sources in
 * `repository`, and `options` are those of `npm run release` that decide its bytes. `lockDigest` is the SHA-256 of
 * package-lock.json, which pins everything else, and `builder` the URI of what ran the build.
 */
export function provenanceOf({ subjects, repository, commit, options, chosen, lock, lockDigest, builder, seconds }) {
  const source = { uri: `git+${repository}`, digest: { gitCommit: commit } };
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: subjects.map(([name, sha256]) => ({ name, digest: { sha256 } })),
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: explained(repository, 'provenance'),
        externalParameters: { source, ...options },
        internalParameters: { SOURCE_DATE_EPOCH: seconds },
        resolvedDependencies: [
          source,
          { name: 'package-lock.json', digest: { sha256: lockDigest } },
          ...nodeDependencies(chosen, lock),
        ],
      },
      runDetails: {
        builder: {
          id: builder ?? explained(repository, 'builders'),
          version: { node: process.versions.node },
        },
      },
    },
  };
}
