import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { isOnPath } from './describe-with-programs.ts';
import { createRig, type Rig, type Run } from './rig.ts';
import { outputOf } from './run-program.ts';

/** The sh front as kubectl runs it, as a real process. The Node.js program behind it runs from source. */
export type ShFrontRig = Rig & {
  front: string;
  /** Runs a shell script in which `$FRONT` is the front. The shell is the parent of the front. */
  sh(script: string, env?: Record<string, string>): Promise<Run>;
};

const sources = fileURLToPath(new URL('..', import.meta.url));
/** The shells of this machine under which the front must run. `sh` is that of the system. */
export const shells = ['sh', 'dash', 'bash --posix', 'busybox sh', 'ksh', 'mksh', 'yash'].filter(
  (shell) => shell === 'sh' || isOnPath(shell.split(' ')[0]!),
);

/** Creates the rig. With `stub`, the program behind the front only reports that it was started. */
export function createShFrontRig(shell = '', stub = false): ShFrontRig {
  const rig = createRig();
  const bin = path.join(rig.directory, 'a', 'b', 'c', 'bin');
  const programs = path.join(rig.directory, 'programs');
  for (const directory of [bin, programs]) mkdirSync(directory, { recursive: true });
  const front = path.join(bin, 'sallyport-exec-credential');
  copyFileSync(path.join(sources, '..', 'bin', 'sallyport-exec-credential'), front);
  chmodSync(front, 0o755);
  writeFileSync(path.join(bin, 'sallyport.js'), `await import(${JSON.stringify(path.join(sources, 'main.ts'))});\n`);
  writeFileSync(path.join(bin, 'package.json'), '{"type":"module"}');
  if (stub) {
    writeFileSync(path.join(programs, 'node'), '#!/bin/sh\nshift\necho "program $*"\n');
    chmodSync(path.join(programs, 'node'), 0o755);
  } else symlinkSync(process.execPath, path.join(programs, 'node'));
  // A browser that logs in automatically, and records each call.
  const browser = path.join(programs, 'browser.mjs');
  writeFileSync(
    browser,
    `import { appendFileSync } from 'node:fs';\nappendFileSync(${JSON.stringify(path.join(rig.directory, 'opened'))}, process.argv[2] + '\\n');\nawait fetch(process.argv[2]);\n`,
  );
  for (const name of ['xdg-open', 'open']) {
    writeFileSync(path.join(programs, name), `#!/bin/sh\nexec node ${browser} "$1"\n`);
    chmodSync(path.join(programs, name), 0o755);
  }
  const base = {
    PATH: `${programs}:${process.env.PATH ?? ''}`,
    HOME: rig.directory,
    SALLYPORT_HOME: rig.home,
    FRONT: shell === '' ? front : `${shell} ${front}`,
  };
  const sh = (script: string, env: Record<string, string> = {}) => {
    // With a further command, the shell does not replace itself with the front, which would then have another parent.
    const args = [
      '-c',
      `${script}
kept=$?
exit "$kept"`,
    ];
    return outputOf(spawn('sh', args, { env: { ...base, ...env }, stdio: ['ignore', 'pipe', 'pipe'] }));
  };
  return Object.assign(rig, { front, sh });
}
