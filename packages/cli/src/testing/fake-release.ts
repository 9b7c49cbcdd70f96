import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdirSync, writeFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { Header, type HeaderData } from 'tar';
import { releaseKeyLine, signFile } from '../upgrade/minisign.ts';

/** An entry of an archive, which may be a hostile one. */
export type TarEntry = { path: string; content?: string; type?: HeaderData['type']; linkpath?: string; mode?: number };

/** Packs entries into a .tar.gz as they are. */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap(({ content = '', type = 'File', mode = 0o644, ...rest }) => {
    const header = Buffer.alloc(512);
    const size = Buffer.byteLength(content);
    new Header({ type, mode, size, mtime: new Date(0), uid: 0, gid: 0, ...rest } as HeaderData).encode(header, 0);
    return [header, Buffer.from(content), Buffer.alloc((512 - (size % 512)) % 512)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

/** A program for tests: it notes in the file `ran` that it was started, and says its version as a release does. */
const programOf = (version: string, ran: string) =>
  `#!/bin/sh\necho ${version} >> '${ran}'\necho '{"client": {"version": "${version}"}}'\n`;

/** Returns the archive of a version, in the layout of a release. */
export function archiveOf(
  version: string,
  ran: string,
  more: readonly TarEntry[] = [],
  platform = 'linux-x64',
): Buffer {
  const top = `sallyport-${version}-${platform}`;
  const link = (name: string, linkpath: string) => ({
    path: `${top}/${name}`,
    type: 'SymbolicLink' as const,
    linkpath,
  });
  const program = { path: `${top}/versions/${version}/bin/sallyport`, content: programOf(version, ran), mode: 0o755 };
  return tarOf([link('bin', 'current/bin'), link('current', `versions/${version}`), program, ...more]);
}

/** Lays out an installation of a version, as an archive does. Returns its directory and that of the program in it. */
export function installedIn(root: string, version: string, ran: string): { root: string; programDirectory: string } {
  const programDirectory = path.join(root, 'versions', version);
  mkdirSync(path.join(programDirectory, 'bin'), { recursive: true });
  symlinkSync(path.join('versions', version), path.join(root, 'current'));
  symlinkSync(path.join('current', 'bin'), path.join(root, 'bin'));
  writeFileSync(path.join(programDirectory, 'bin', 'sallyport'), programOf(version, ran), { mode: 0o755 });
  return { root, programDirectory };
}

/** A key pair that signs releases. `line` is what is built into the program. */
export function releaseKey(): { privateKey: KeyObject; line: string } {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { privateKey, line: releaseKeyLine(privateKey) };
}

/** Files of a gateway, by their names. */
export type Files = Record<string, Buffer | string>;

/** Returns files with SHA256SUMS and its signature. */
export function releaseOf(files: Files, comment: string, privateKey: KeyObject): Files {
  const sum = (content: Buffer | string) => createHash('sha256').update(content).digest('hex');
  const sums = Object.entries(files).map(([name, content]) => `${sum(content)}  ${name}\n`);
  const text = sums.join('');
  return { ...files, SHA256SUMS: text, 'SHA256SUMS.minisig': signFile(Buffer.from(text), comment, privateKey) };
}
