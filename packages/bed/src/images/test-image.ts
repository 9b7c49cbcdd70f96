import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { ServerImage } from './server-image.ts';

/** The image of the test pods: only busybox. It exists only on the node of the bed. */
export const testImage: ServerImage = {
  reference: 'sallyport.test/busybox:1',
  needs: [],
  account: 'nobody:65534:/tmp',
  owned: [],
  config: {
    Cmd: ['/bin/sleep', '2147483647'],
    Env: ['PATH=/bin', 'HOME=/root'],
    // As process 1 of its container, `sleep` ignores other signals, and every pod deletion would take its full grace period.
    StopSignal: 'SIGKILL',
  },
  async layOut(root) {
    mkdirSync(path.join(root, 'root'), { mode: 0o700 });
    mkdirSync(path.join(root, 'var'));
  },
};
