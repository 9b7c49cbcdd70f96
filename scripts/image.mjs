// Builds the image of the services without Docker and without a registry: a stage of the Dockerfile, on a base of Debian
// packages. Needs Debian 12, the project's Node.js and a finished build.
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { signFile } from '../packages/cli/src/upgrade/minisign.ts';
import { fail, ownNode, root } from './bootstrap.mjs';
import { basePackages } from './image/base-system.mjs';
import { getDebianPackages, latestPackages, ownArchitecture } from './image/debian-packages.mjs';
import { readDockerfileSettings } from './image/dockerfile-settings.mjs';
import { makeLayers } from './image/layers.mjs';
import { writeOciArchive } from './image/oci-archive.mjs';
import { describeImage } from './image/sbom.mjs';
import { createNodeSource } from './release/node-source.mjs';
import { readRelease } from './release/read-release.mjs';
import { readReleaseKeys } from './release/release-keys.mjs';

const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
/** The architectures of images, with the platform whose Node.js they have. */
const nodePlatforms = { amd64: 'linux-x64', arm64: 'linux-arm64' };
const pins = path.join(root, 'deploy/image/debian-packages.json');
const usage = `Usage: npm run image -- [--tag NAME] [--stage STAGE] [--revision REV] [--downloads DIR] [--out DIR]
                     [--architecture NAME] [--signing-key FILE] [--unattested] [--locked] [--update-base]

Builds the image of the services for Linux, without Docker, and writes into dist/image:
sallyport-VERSION-linux-ARCHITECTURE.tar (an archive in the OCI layout) and its list of contents (.cdx.json, CycloneDX).
Prints the digest. The same sources result in the same bytes. With --signing-key, also the signature (.tar.minisig),
whose comment has the digest.

  --tag NAME      the name and tag of the image (default ghcr.io/sallyport/sallyport:${version}, and for the stage
                  development ghcr.io/sallyport/sallyport:${version}-development)
  --stage STAGE   production (default), or development, which adds the identity provider of an evaluation
  --revision REV  the revision in the labels of the image (default unknown)
  --downloads DIR a release of this version, which the gateway offers to its users (default: only the npm package)
  --out DIR       write there
  --architecture NAME
                  amd64 or arm64 (default ${ownArchitecture}). Any machine can build both, because nothing is run.
  --signing-key FILE
                  sign with the key of the release (see npm run release -- --help)
  --unattested    sign also what is not a release
  --locked        fail if Debian has other versions than deploy/image/debian-packages.json pins
  --update-base   pin the versions that Debian has now, and end
  -h, --help      show this help

Layers are kept in ~/.cache/sallyport/image. SOURCE_DATE_EPOCH sets the time of the files.

Example:
  npm run image -- --tag registry.example.com/sallyport:${version}
  ctr -n k8s.io images import dist/image/sallyport-${version}-linux-${ownArchitecture}.tar
`;

const say = (text) => void process.stderr.write(`${text}\n`);
// As in the archives of a release.
const npmTime = Date.UTC(1985, 9, 26, 8, 15) / 1000;

const versionOf = (stage) => (stage === 'production' ? version : `${version}-${stage}`);

function readArguments() {
  const options = {
    tag: { type: 'string' },
    stage: { type: 'string', default: 'production' },
    revision: { type: 'string', default: 'unknown' },
    downloads: { type: 'string' },
    out: { type: 'string', default: path.join(root, 'dist', 'image') },
    architecture: { type: 'string', default: ownArchitecture },
    'signing-key': { type: 'string' },
    unattested: { type: 'boolean', default: false },
    locked: { type: 'boolean', default: false },
    'update-base': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  };
  try {
    const { values } = parseArgs({ options });
    if (!['production', 'development'].includes(values.stage))
      throw new Error('--stage must be production or development');
    if (!Object.hasOwn(nodePlatforms, values.architecture))
      throw new Error(`--architecture must be ${Object.keys(nodePlatforms).join(' or ')}`);
    values.tag ??= `ghcr.io/sallyport/sallyport:${versionOf(values.stage)}`;
    if (!/^[a-z0-9][a-z0-9.:/_-]*:[\w][\w.-]{0,127}$/.test(values.tag))
      throw new Error(`--tag needs a name and a tag, such as registry.example.com/sallyport:${version}`);
    const seconds = Number(process.env.SOURCE_DATE_EPOCH ?? npmTime);
    if (!Number.isSafeInteger(seconds) || seconds < 0)
      throw new Error('SOURCE_DATE_EPOCH must be a number of seconds since 1970');
    return { ...values, seconds, keys: readReleaseKeys({ root, signingKey: values['signing-key'] }) };
  } catch (error) {
    return fail(`${error.message}\n  For help, run: npm run image -- --help`);
  }
}

async function updateBase(architecture, cache) {
  const all = JSON.parse(readFileSync(pins, 'utf8'));
  all[architecture] = await latestPackages(basePackages, { architecture, cache, say });
  writeFileSync(pins, `${JSON.stringify(all, undefined, 2)}\n`);
  say(`Pinned ${all[architecture].length} packages for ${architecture} in ${path.relative(root, pins)}.`);
}

/** Returns what reads the Node.js of a platform: this project's own, or that of another architecture from npm. */
function nodeReader(platform, lock) {
  if (platform === `linux-${process.arch}`) return () => readFileSync(ownNode());
  const source = createNodeSource({ cache: path.join(homedir(), '.cache', 'sallyport', 'node'), lock, say });
  return async () => (await source.get(platform)).node;
}

/** Signs an image. The comment has its digest, by which registries and clusters name it. */
function sign({ file, digest, architecture, signingKey }) {
  const comment = `sallyport ${version} image linux/${architecture} ${digest}`;
  writeFileSync(`${file}.minisig`, signFile(readFileSync(file), comment, signingKey));
}

async function buildImage(options, cache) {
  const { tag, stage, revision, downloads, out, architecture, locked, seconds, keys, unattested } = options;
  const { timeOfSources } = await readRelease({ root, keys, unattested });
  const pinned = JSON.parse(readFileSync(pins, 'utf8'))[architecture] ?? [];
  if (pinned.length === 0)
    throw new Error(
      `no Debian packages are pinned for ${architecture}. Run \`npm run image -- --update-base --architecture ${architecture}\` first.`,
    );
  const platform = nodePlatforms[architecture];
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  const readNode = nodeReader(platform, lock);
  const packages = await getDebianPackages({ pinned, architecture, cache: path.join(cache, 'debian'), locked, say });
  const release = downloads === undefined ? undefined : { directory: path.resolve(downloads), version };
  const layers = await makeLayers({ root, platform, readNode, packages, stage, release, cache, seconds, say });
  const settings = readDockerfileSettings(readFileSync(path.join(root, 'Dockerfile'), 'utf8'), stage, {
    VERSION: version,
    REVISION: revision,
  });
  // A base image of Docker brings this. The services find Node.js by it.
  settings.Env.unshift('PATH=/usr/local/bin:/usr/bin:/bin');
  mkdirSync(out, { recursive: true });
  const file = path.join(out, `sallyport-${versionOf(stage)}-linux-${architecture}.tar`);
  const digest = await writeOciArchive({ file, reference: tag, settings, layers, architecture, seconds });
  const { installed } = Object.assign({}, ...layers);
  const bundled = new Set(layers.flatMap((layer) => layer.bundled ?? []));
  const bill = describeImage({
    installed,
    bundled: Object.fromEntries([...bundled].map((place) => [place, lock.packages[place]])),
    packages,
    platform,
    lock,
    reference: tag,
    digest,
    version,
    seconds: timeOfSources,
  });
  writeFileSync(file.replace(/\.tar$/, '.cdx.json'), `${JSON.stringify(bill, undefined, 2)}\n`);
  rmSync(`${file}.minisig`, { force: true });
  if (keys.signingKey !== undefined) sign({ file, digest, architecture, signingKey: keys.signingKey });
  return { file, digest, layers };
}

const { help, ...values } = readArguments();
if (help) {
  process.stdout.write(usage);
  process.exit(0);
}
if (process.platform !== 'linux')
  fail('the base is made of Debian packages, which needs Debian or a system made of it. Use docker build.');
// Other modes of new files would be other bytes.
process.umask(0o022);
const cache = path.join(homedir(), '.cache', 'sallyport', 'image');
mkdirSync(path.join(cache, 'debian'), { recursive: true });
try {
  if (values['update-base']) await updateBase(values.architecture, path.join(cache, 'debian'));
  else {
    const { file, digest, layers } = await buildImage(values, cache);
    const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
    for (const { name, unpacked } of layers) say(`${name.padEnd(14)}${megabytes(unpacked).padStart(8)}`);
    const total = layers.reduce((sum, { unpacked }) => sum + unpacked, 0);
    say(`${file}  ${megabytes(statSync(file).size)}, unpacked ${megabytes(total)}`);
    if (values.keys.signingKey === undefined) say('This image is NOT SIGNED. To sign it, add --signing-key.');
    console.log(digest);
  }
} catch (error) {
  process.exitCode = 1;
  say(`sallyport: ${error.message}`);
}
