// What `npm run release` can be told.
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { platforms } from './platforms.mjs';
import { readReleaseKeys } from './release-keys.mjs';

export const usage = `Usage: npm run release -- [--signing-key FILE] [--trusted-key FILE]... [--download-url URL] [--builder URI]
                       [--unattested] [--only PLATFORMS] [--out DIR]

Writes into dist/release: the npm package sallyport-VERSION.tgz, an archive with its own Node.js for each platform,
for Linux also one with the gateway (sallyport-VERSION-server-PLATFORM.tar.gz), the Helm charts
sallyport-VERSION-chart.tgz and sallyport-VERSION-connector-chart.tgz, the list of what is in each of them (.cdx.json),
the notes, the provenance, and SHA256SUMS. With --signing-key, also the signatures SHA256SUMS.minisig and
sallyport-VERSION.provenance.json.minisig, and the public key minisign.pub. The same sources and options result in the
same bytes.

  --only PLATFORMS    only the archives of these platforms, separated by commas; "none" for only the npm package and
                      the charts
                      (${Object.keys(platforms).join(', ')})
  --signing-key FILE  sign with this Ed25519 key (PKCS#8 PEM, from "openssl genpkey -algorithm ed25519"), which must
                      not be in the repository. Installed command lines upgrade to releases that it signs.
  --trusted-key FILE  also upgrade to releases that another key signs. FILE is its minisign.pub. Give the option once
                      for each key.
  --download-url URL  the https URL below which these files will be, under their own names. Adds a manifest for krew
                      (sallyport-VERSION-krew.yaml) with archives of its own, and a formula for Homebrew
                      (sallyport-VERSION-homebrew.rb).
  --builder URI       names in the provenance what ran the build (default: a machine of the project)
  --unattested        without provenance. Only then does a key sign what is not a release: files that are not
                      committed, or changes that CHANGELOG.md does not date.
  --out DIR           write there; replaces an earlier release
  -h, --help          show this help

Node.js is downloaded with npm and, for macOS, with Python's pip, and kept in ~/.cache/sallyport/node.
SOURCE_DATE_EPOCH sets the time of the files in the archives, and in the lists instead of that of the commit.

Example:
  npm run release -- --only linux-x64
  npm run release -- --signing-key ~/keys/sallyport.pem --download-url https://files.example.com/sallyport/0.2.0
`;

/** Reads an absolute URI. With `protocol`, only one of it that can be the beginning of links. */
function readUri(name, text, protocol) {
  const uri = URL.parse(text);
  const isWrong = uri === null || (protocol !== undefined && (uri.protocol !== protocol || uri.search || uri.hash));
  if (isWrong || uri.username || uri.password || /["\s]/.test(text))
    throw new Error(
      `${name} needs ${protocol === undefined ? 'an absolute URI' : 'an https URL without query and fragment'}, without a user`,
    );
  return protocol === undefined ? text : text.replace(/\/+$/, '');
}

function readPlatforms(only) {
  const all = Object.keys(platforms);
  const chosen = only === 'none' ? [] : (only?.split(',') ?? all);
  const wrong = chosen.find((one) => !all.includes(one));
  if (wrong !== undefined) throw new Error(`there is no archive for "${wrong}". Choose from: ${all.join(', ')}`);
  return all.filter((one) => chosen.includes(one));
}

/** Reads the arguments of the program. Throws for one that is not known or cannot be used. */
export function readArguments(root, args = process.argv.slice(2)) {
  const options = {
    only: { type: 'string' },
    out: { type: 'string', default: path.join(root, 'dist', 'release') },
    'signing-key': { type: 'string' },
    'trusted-key': { type: 'string', multiple: true },
    'download-url': { type: 'string' },
    builder: { type: 'string' },
    unattested: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  };
  const { values } = parseArgs({ args, options });
  const { builder, 'download-url': downloadUrl, help, out, unattested } = values;
  return {
    help,
    out: path.resolve(out),
    unattested,
    chosen: readPlatforms(values.only),
    keys: readReleaseKeys({ root, signingKey: values['signing-key'], trustedKeys: values['trusted-key'] }),
    downloadUrl: downloadUrl === undefined ? undefined : readUri('--download-url', downloadUrl, 'https:'),
    builder: builder === undefined ? undefined : readUri('--builder', builder),
  };
}
