// Lays out the base of the image: what Node.js and /bin/sh need of Debian, and no package manager.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The Debian packages of the base. Their dependencies are in the list, except those that only their scripts need. */
export const basePackages = [
  'base-files',
  'ca-certificates',
  'dash',
  'gcc-12-base',
  'libc6',
  'libgcc-s1',
  'libstdc++6',
  'netbase',
];

/** Only people read these. The copyright files stay. */
const leftOut = ['usr/share/man', 'usr/share/info', 'usr/share/lintian', 'usr/share/locale', 'usr/share/bug'];

const accounts = {
  'etc/passwd':
    'root:x:0:0:root:/root:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\nsallyport:x:10001:10001:sallyport:/var/lib/sallyport:/usr/sbin/nologin\n',
  'etc/group': 'root:x:0:\nnogroup:x:65534:\nsallyport:x:10001:\n',
  // Without it, the C library asks DNS before /etc/hosts.
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
};

/** Unpacks the packages into `directory`, and adds what their scripts would have made. */
export async function layOutBase(packages, directory) {
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    mkdirSync(path.join(directory, 'usr', name), { recursive: true });
    symlinkSync(`usr/${name}`, path.join(directory, name));
  }
  for (const one of packages) await unpack(one, directory);
  for (const name of leftOut) rmSync(path.join(directory, name), { recursive: true, force: true });
  dropDocuments(path.join(directory, 'usr/share/doc'));
  for (const [name, text] of Object.entries(accounts)) writeFileSync(path.join(directory, name), text);
  if (!existsSync(path.join(directory, 'usr/bin/sh'))) symlinkSync('dash', path.join(directory, 'usr/bin/sh'));
  gatherCertificates(directory);
}

/** Unpacks one package, and describes it where scanners look: dpkg's own status, one file per package. */
async function unpack({ name, file }, directory) {
  const content = `${directory}.content`;
  const control = `${directory}.control`;
  for (const one of [content, control]) rmSync(one, { recursive: true, force: true });
  await run('dpkg-deb', ['--extract', file, content]);
  await run('dpkg-deb', ['--control', file, control]);
  mergeInto(content, directory);
  const status = path.join(directory, 'var/lib/dpkg/status.d');
  mkdirSync(status, { recursive: true });
  writeFileSync(path.join(status, name), readFileSync(path.join(control, 'control')));
  const sums = path.join(control, 'md5sums');
  if (existsSync(sums)) writeFileSync(path.join(status, `${name}.md5sums`), readFileSync(sums));
  for (const one of [content, control]) rmSync(one, { recursive: true });
}

/** Copies a package over the base. What it has in /bin or /lib goes to /usr, where these links lead. */
function mergeInto(content, directory) {
  for (const name of readdirSync(content)) {
    const merged = ['bin', 'sbin', 'lib', 'lib64'].includes(name);
    cpSync(path.join(content, name), path.join(directory, merged ? 'usr' : '', name), {
      recursive: true,
      verbatimSymlinks: true,
      preserveTimestamps: true,
    });
  }
}

function dropDocuments(docs) {
  if (!existsSync(docs)) return;
  for (const name of readdirSync(docs))
    for (const document of readdirSync(path.join(docs, name)))
      if (document !== 'copyright') rmSync(path.join(docs, name, document), { recursive: true });
}

/** Writes all certificates into one file, as update-ca-certificates does. */
function gatherCertificates(directory) {
  const from = path.join(directory, 'usr/share/ca-certificates/mozilla');
  const certificates = readdirSync(from)
    .filter((name) => name.endsWith('.crt'))
    .toSorted()
    .map((name) => readFileSync(path.join(from, name), 'utf8'));
  mkdirSync(path.join(directory, 'etc/ssl/certs'), { recursive: true });
  writeFileSync(path.join(directory, 'etc/ssl/certs/ca-certificates.crt'), certificates.join(''));
}
