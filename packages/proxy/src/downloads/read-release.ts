import { createHash } from 'node:crypto';
import { open, realpath, type FileHandle } from 'node:fs/promises';
import path from 'node:path';

/** A file of a release, as it was when its checksum was verified. `file` is its path without symbolic links. */
export type ReleaseFile = {
  name: string;
  file: string;
  size: number;
  /** In hexadecimal digits. */
  sha256: string;
  /** Whether its name contains the version, so that its content never changes. */
  versioned: boolean;
  /** Equal as long as it is the same file, unchanged. */
  state: string;
};

/** The files of a release by their names, and what is wrong with the others, each a sentence that begins with a name. */
export type Release = { files: ReadonlyMap<string, ReleaseFile>; faults: string[] };

const sumsName = 'SHA256SUMS';
const signatureName = 'SHA256SUMS.minisig';
/** The largest checksums or signature that are read. Those of a release take less than 2 KiB. */
const maxListBytes = 64 * 1024;
const line = /^([0-9a-f]{64}) [ *](\S+)$/;

/** How names end: those of the npm package, of archives and charts with the lists of their contents, and of the rest. */
const artifact = /^(?:-(?:chart|(?:(?:server|krew)-)?[a-z]+-[a-z0-9]+))?\.(?:tgz|tar\.gz|zip|cdx\.json)$/;
const description = /^(?:\.provenance\.json|-notes\.md|-krew\.yaml|-homebrew\.rb)$/;

/** Reports whether a name is that of a file of this version. */
function isOfVersion(name: string, version: string): boolean {
  const rest = name.startsWith(`sallyport-${version}`) ? name.slice(`sallyport-${version}`.length) : '';
  return artifact.test(rest) || description.test(rest);
}

/** Describes a file so that another one, or another content, is described differently. */
export async function stateOf(handle: FileHandle): Promise<{ size: number; state: string; isFile: boolean }> {
  const stats = await handle.stat({ bigint: true });
  const state = [stats.dev, stats.ino, stats.size, stats.mtimeNs].join(':');
  return { size: Number(stats.size), state, isFile: stats.isFile() };
}

/** Why a file is not offered. */
class Unusable extends Error {}

function reasonOf(error: unknown): string {
  if (error instanceof Unusable) return error.message;
  return `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`;
}

/** Reads a file within the directory. A symbolic link may lead to another place in it, as in volumes of Kubernetes. */
async function readWithin(
  directory: string,
  name: string,
  maxBytes = Infinity,
): Promise<Omit<ReleaseFile, 'versioned'>> {
  const file = await realpath(path.join(directory, name));
  if (!file.startsWith(directory + path.sep)) throw new Unusable('is a link out of the directory');
  const handle = await open(file);
  try {
    const { size, state, isFile } = await stateOf(handle);
    if (!isFile) throw new Unusable('is not a file');
    if (size > maxBytes) throw new Unusable(`is larger than ${maxBytes / 1024} KiB`);
    const hash = createHash('sha256');
    for await (const chunk of handle.createReadStream({ autoClose: false, highWaterMark: 256 * 1024 }))
      hash.update(chunk as Buffer);
    return { name, file, size, sha256: hash.digest('hex'), state };
  } finally {
    await handle.close();
  }
}

async function readText(directory: string, name: string): Promise<string> {
  const { file } = await readWithin(directory, name, maxListBytes);
  const handle = await open(file);
  try {
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

/** Reads a checksum and a name in each line. Throws what is wrong with the first line that has neither. */
function readSums(text: string): Map<string, string> {
  const sums = new Map<string, string>();
  for (const [index, one] of text.trimEnd().split('\n').entries()) {
    const [, sum, name] = line.exec(one) ?? [];
    if (sum === undefined || name === undefined)
      throw new Unusable(`is not a list of checksums (line ${index + 1}: 64 digits, two spaces and a name)`);
    if (sums.has(name)) throw new Unusable(`lists ${name} twice`);
    sums.set(name, sum);
  }
  return sums;
}

/**
 * Reads a directory with what `npm run release` writes, and verifies each file that SHA256SUMS lists. It reads all of
 * them, in turn. Never throws: a file that is missing, of another version or different is a fault.
 */
export async function readRelease(named: string, version: string): Promise<Release> {
  const files = new Map<string, ReleaseFile>();
  const faults: string[] = [];
  let directory: string;
  let sums: Map<string, string>;
  try {
    directory = await realpath(named);
    sums = readSums(await readText(directory, sumsName));
  } catch (error) {
    return { files, faults: [`${sumsName} ${reasonOf(error)}`] };
  }
  for (const [name, sum] of sums) {
    try {
      if (!isOfVersion(name, version)) throw new Unusable(`is not a file of version ${version}`);
      const found = await readWithin(directory, name);
      if (found.sha256 !== sum) throw new Unusable(`does not match its checksum in ${sumsName}`);
      files.set(name, { ...found, versioned: true });
    } catch (error) {
      faults.push(`${name} ${reasonOf(error)}`);
    }
  }
  for (const name of [sumsName, signatureName]) {
    try {
      files.set(name, { ...(await readWithin(directory, name, maxListBytes)), versioned: false });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') faults.push(`${name} ${reasonOf(error)}`);
    }
  }
  return { files, faults };
}
