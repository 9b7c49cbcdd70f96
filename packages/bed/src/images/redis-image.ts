import path from 'node:path';
import { copyInto, copyLibraries } from './copy-programs.ts';
import type { ServerImage } from './server-image.ts';

/** Redis, like the official image: its user and its directory, and a shell for commands. */
export const redisImage: ServerImage = {
  reference: 'sallyport.test/redis:1',
  needs: ['redis'],
  account: 'redis:999:/data',
  owned: ['data'],
  config: { Cmd: ['redis-server'], Env: ['PATH=/usr/local/bin:/bin'], WorkingDir: '/data' },
  async layOut(root, programs) {
    const server = programs.redis!;
    const client = path.join(path.dirname(server), 'redis-cli');
    copyInto(root, server, '/usr/local/bin/redis-server');
    copyInto(root, client, '/usr/local/bin/redis-cli');
    await copyLibraries(root, [server, client]);
  },
};
