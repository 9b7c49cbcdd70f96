import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Parser, extract, type ReadEntry } from 'tar';

const maxBytes = 512 * 1024 * 1024;
const maxEntries = 10_000;

/** The links of an archive, by their paths. */
type Links = Map<string, string>;

/** Returns why an entry may not be unpacked, or undefined. `links` are the links before it, and `names` all before it. */
function faultOf({ type, path: name, linkpath = '' }: ReadEntry, top: string, names: Set<string>, links: Links) {
  const plain = name.replace(/\/$/, '');
  const parts = plain.split('/');
  if (parts[0] !== top || parts.some((part) => part === '' || part === '.' || part === '..') || /[\\\0]/.test(name))
    return 'a path outside of it';
  if (names.has(plain)) return 'a path twice';
  if (parts.some((_part, index) => links.has(parts.slice(0, index).join('/')))) return 'a path behind a link';
  names.add(plain);
  if (type === 'File' || type === 'OldFile' || type === 'Directory') return undefined;
  if (type !== 'SymbolicLink') return 'something else than files, directories and symbolic links';
  links.set(plain, linkpath);
  const target = path.posix.join(path.posix.dirname(plain), linkpath);
  const isInside = linkpath !== '' && !path.posix.isAbsolute(linkpath) && target.startsWith(`${top}/`);
  return isInside ? undefined : 'a link that leads out of it';
}

/** Reads through an archive, and returns its links. Throws if one of its entries may not be unpacked. */
function checkEntries(archive: Buffer, top: string): Links {
  const [names, links] = [new Set<string>(), new Map<string, string>()];
  let fault: string | undefined;
  const parser = new Parser({
    strict: true,
    onReadEntry(entry) {
      fault ??= names.size >= maxEntries ? 'too many files' : faultOf(entry, top, names, links);
      entry.resume();
    },
  });
  parser.on('error', (error: Error) => {
    fault ??= `an entry that cannot be read (${error.message})`;
  });
  parser.end(archive);
  // A link may come after the entries behind it.
  const behind = [...names].some((name) => [...links.keys()].some((link) => name.startsWith(`${link}/`)));
  if (fault !== undefined || behind) throw new Error(`the archive has ${fault ?? 'a path behind a link'}`);
  return links;
}

/**
 * Lets everyone read what is below a directory, whatever the umask of the user is, and writes it to the disk, so that it is
 * complete after a power failure.
 */
function settle(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const file = path.join(directory, entry.name);
    if (entry.isDirectory()) settle(file);
    else if (entry.isFile()) {
      chmodSync(file, (statSync(file).mode & 0o100) === 0 ? 0o644 : 0o755);
      syncFile(file);
    }
  }
  chmodSync(directory, 0o755);
  syncFile(directory);
}

/** Writes a file or the names in a directory to the disk. */
export function syncFile(file: string): void {
  const handle = openSync(file, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

/**
 * Unpacks a .tar.gz into an empty directory. Everything in it must be in the directory `top`, and only files, directories
 * and symbolic links to what is in it are accepted. Throws an Error before anything is written if there is anything else.
 */
export async function unpack(packed: Buffer, directory: string, top: string): Promise<void> {
  const archive = gunzipSync(packed, { maxOutputLength: maxBytes });
  const links = checkEntries(archive, top);
  await new Promise<void>((resolve, reject) => {
    const filter = (name: string) => !links.has(name);
    const unpacking = extract({ cwd: directory, filter, strict: true, preserveOwner: false, noMtime: true });
    unpacking.on('close', resolve);
    unpacking.on('error', reject);
    unpacking.end(archive);
  });
  // The library refuses a link whose target leads through another link.
  for (const [name, target] of links) {
    mkdirSync(path.join(directory, path.dirname(name)), { recursive: true });
    symlinkSync(target, path.join(directory, name));
  }
  settle(path.join(directory, top));
}
