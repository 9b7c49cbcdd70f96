import { appendFileSync, chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { copyInto, copyLibraries, nativeFiles } from './copy-programs.ts';
import { scriptDirectory, type ServerImage } from './server-image.ts';

const entrypoint = '/usr/local/bin/docker-entrypoint.sh';

/** PostgreSQL, like the official image: its user, its environment, and an entry point that makes a database. */
export const postgresImage: ServerImage = {
  reference: 'sallyport.test/postgres:1',
  needs: ['postgres'],
  account: 'postgres:999:/var/lib/postgresql',
  owned: ['var/lib/postgresql', 'var/lib/postgresql/data', 'var/run/postgresql'],
  config: {
    Entrypoint: ['docker-entrypoint.sh'],
    Cmd: ['postgres'],
    Env: ['PATH=/usr/local/bin:/bin:/usr/lib/postgresql/bin', 'PGDATA=/var/lib/postgresql/data', 'LANG=C.utf8'],
    StopSignal: 'SIGINT',
  },
  async layOut(root, programs) {
    const bin = path.dirname(programs.postgres!);
    const [home, version] = [path.dirname(bin), path.basename(path.dirname(bin))];
    // The programs find each other and their files by the place where they were installed, so it stays the same.
    copyInto(root, home, home, ['bitcode', 'llvmjit.so']);
    mkdirSync(path.join(root, '/usr/lib/postgresql'), { recursive: true });
    symlinkSync(bin, path.join(root, '/usr/lib/postgresql/bin'));
    const shared = `/usr/share/postgresql/${version}`;
    copyInto(root, shared);
    for (const directory of ['/usr/share/zoneinfo', '/usr/lib/locale/C.utf8']) copyInto(root, directory);
    appendFileSync(path.join(root, shared, 'postgresql.conf.sample'), "listen_addresses = '*'\n");
    await copyLibraries(root, nativeFiles(bin));
    copyInto(root, fileURLToPath(new URL('postgres-entrypoint.sh', scriptDirectory)), entrypoint);
    chmodSync(path.join(root, entrypoint), 0o755);
  },
};
