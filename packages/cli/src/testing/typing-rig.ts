import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { eventually } from '@sallyport/kit/testing';
import { createRig, type Rig, type Run } from './rig.ts';
import { outputOf } from './run-program.ts';

/** A rig in which `sallyport` is on the PATH of real shells. */
export type TypingRig = Rig & {
  /** Runs a program in the directory of the rig. */
  start(program: string, ...args: string[]): Promise<Run>;
  /** Types each line and Tab in an interactive shell, and returns what is on the command line then. */
  type(shell: 'bash' | 'zsh', lines: readonly string[]): Promise<string[]>;
};

const mainFile = fileURLToPath(new URL('../main.ts', import.meta.url));
const typed = 'typed.txt';
const longestMs = 30_000;

/** Start files that load the script, and write the command line to a file when Ctrl-G is pressed. */
const startFiles = {
  bash: `source <(sallyport completion bash)
write_line() { printf '%s\\n' "$READLINE_LINE" >> ${typed}; READLINE_LINE=; READLINE_POINT=0; }
bind -x '"\\C-g": write_line'
echo ready >> ${typed}
`,
  zsh: `autoload -U compinit && compinit -u -d "$ZDOTDIR/dump"
source <(sallyport completion zsh)
write_line() { print -r -- "$BUFFER" >> ${typed}; BUFFER= }
zle -N write_line
bindkey '^G' write_line
echo ready >> ${typed}
`,
};
const commands = { bash: 'bash --noprofile --rcfile rc/.bashrc -i', zsh: 'zsh -i' };

export function createTypingRig(): TypingRig {
  const rig = createRig();
  const bin = path.join(rig.directory, 'bin');
  for (const name of ['bin', 'rc']) mkdirSync(path.join(rig.directory, name));
  writeFileSync(path.join(bin, 'sallyport'), `#!/bin/sh\nexec '${process.execPath}' '${mainFile}' "$@"\n`);
  chmodSync(path.join(bin, 'sallyport'), 0o755);
  const env = {
    PATH: `${bin}:${process.env.PATH ?? ''}`,
    HOME: rig.directory,
    ZDOTDIR: path.join(rig.directory, 'rc'),
    SALLYPORT_HOME: rig.home,
    TERM: 'dumb',
    LC_ALL: 'C.UTF-8',
  };
  const open = (program: string, args: readonly string[]) =>
    spawn(program, args, { cwd: rig.directory, env, stdio: ['pipe', 'pipe', 'pipe'] });
  const linesTyped = () => {
    const file = path.join(rig.directory, typed);
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  };
  const awaitLines = (count: number) =>
    eventually(
      `${count} lines`,
      () => linesTyped().length >= count,
      longestMs,
      () => `from the shell, which wrote ${JSON.stringify(linesTyped())}`,
    );
  return {
    ...rig,
    start(program, ...args) {
      const child = open(program, args);
      child.stdin.end();
      return outputOf(child);
    },
    async type(shell, lines) {
      writeFileSync(path.join(rig.directory, 'rc', shell === 'bash' ? '.bashrc' : '.zshrc'), startFiles[shell]);
      rmSync(path.join(rig.directory, typed), { force: true });
      // Only with a terminal does a shell edit its command line.
      const child = open('script', ['-qfec', commands[shell], '/dev/null']);
      const ended = outputOf(child);
      try {
        await awaitLines(1);
        await pause(300);
        for (const [index, line] of lines.entries()) {
          child.stdin.write(`${line}\t`);
          await pause(100);
          child.stdin.write('\u0007');
          await awaitLines(index + 2);
        }
        return linesTyped().slice(1);
      } finally {
        child.stdin.end('\u0004');
        child.kill();
        await ended;
      }
    },
  };
}
