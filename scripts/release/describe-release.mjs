// Writes what describes the artifacts of a release: lists of contents, notes, manifests for package managers, provenance,
// checksums and signatures.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { releaseKeyFile, signFile } from '../../packages/cli/src/upgrade/minisign.ts';
import { billOfMaterials } from './bill-of-materials.mjs';
import { homebrewFormula, krewManifest } from './package-managers.mjs';
import { provenanceOf } from './provenance.mjs';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const digestOf = (out, name) => sha256(readFileSync(path.join(out, name)));
const writeJson = (out, name, value) => writeFileSync(path.join(out, name), `${JSON.stringify(value, undefined, 2)}\n`);

/** Writes the list of what is in an artifact next to it. `contents` are the components in it. */
function writeBill(out, { name, contents }, { version, seconds }) {
  const reference = `pkg:generic/sallyport@${version}?file_name=${name}`;
  const component = {
    'bom-ref': reference,
    type: 'application',
    name: 'sallyport',
    version,
    purl: reference,
    hashes: [{ alg: 'SHA-256', content: digestOf(out, name) }],
    licenses: [{ license: { id: 'Apache-2.0' } }],
  };
  const bill = billOfMaterials({ component, contents, seconds });
  writeJson(out, name.replace(/\.(?:tgz|tar\.gz|zip)$/, '.cdx.json'), bill);
}

/** Writes the manifest for krew and the formula for Homebrew, for the archives that these can unpack and start. */
function writePackageManagers(out, artifacts, { version, repository, downloadUrl }) {
  const archivesOf = (kind) =>
    artifacts
      .filter((one) => one.kind === kind && !one.platform.startsWith('windows-'))
      .map(({ name, platform, top }) => [
        platform,
        { top, url: `${downloadUrl}/${name}`, sha256: digestOf(out, name) },
      ]);
  const write = (end, text) => writeFileSync(path.join(out, `sallyport-${version}-${end}`), text);
  const common = { version, homepage: repository };
  if (archivesOf('krew').length === 0) return;
  write('krew.yaml', krewManifest({ archives: archivesOf('krew'), ...common }));
  write('homebrew.rb', homebrewFormula({ archives: archivesOf('program'), ...common }));
}

/** Writes the provenance of all files that are there. Returns its name, with the comment of its signature. */
function writeProvenance(out, { version, repository, commit, chosen, downloadUrl, builder, keys, lock, seconds }) {
  const name = `sallyport-${version}.provenance.json`;
  const options = { version, platforms: chosen, trustedKeys: keys.trusted, ...(downloadUrl && { downloadUrl }) };
  const subjects = readdirSync(out)
    .toSorted()
    .map((one) => [one, digestOf(out, one)]);
  const lockDigest = sha256(lock);
  const parts = { subjects, repository, commit, options, chosen, lockDigest, builder, seconds };
  writeJson(out, name, provenanceOf({ ...parts, lock: JSON.parse(lock) }));
  // Not the comment of the checksums, as which it could otherwise be passed off.
  return { name, comment: `sallyport ${version} provenance` };
}

/**
 * Writes everything that describes the `artifacts` in the directory `out`. `release` has what they have in common. Without
 * `commit`, there is no provenance. The checksums, which come last, are of all files but the signatures.
 */
export function describeRelease(out, artifacts, release) {
  const { version, notes, downloadUrl, commit, keys } = release;
  for (const one of artifacts) writeBill(out, one, { version, seconds: release.timeOfSources });
  writeFileSync(path.join(out, `sallyport-${version}-notes.md`), notes);
  if (downloadUrl !== undefined) writePackageManagers(out, artifacts, release);
  const signed = commit === undefined ? [] : [writeProvenance(out, release)];
  const sums = readdirSync(out)
    .toSorted()
    .map((name) => `${digestOf(out, name)}  ${name}\n`);
  writeFileSync(path.join(out, 'SHA256SUMS'), sums.join(''));
  signed.push({ name: 'SHA256SUMS', comment: `sallyport ${version}` });
  if (keys.signingKey === undefined) return;
  for (const { name, comment } of signed)
    writeFileSync(
      path.join(out, `${name}.minisig`),
      signFile(readFileSync(path.join(out, name)), comment, keys.signingKey),
    );
  writeFileSync(path.join(out, 'minisign.pub'), releaseKeyFile(keys.signedBy));
}
