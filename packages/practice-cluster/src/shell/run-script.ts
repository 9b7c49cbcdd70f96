import { inputOf, type Io, type Machine } from './input.ts';
import { environmentOf } from './machine-data.ts';
import { parseScript, type SimpleCommand, type Step, type Word } from './parse-script.ts';

/** Runs a command and returns its exit code. */
export type RunCommand = (machine: Machine, argv: string[], io: Io) => Promise<number>;
/** The exit code of a script, and whether it ended with `exit`. */
export type Ended = { code: number; exited: boolean };

/** Runs a script in the shell. `code` is the initial value of `$?`. */
export async function runScript(machine: Machine, script: string, io: Io, run: RunCommand, code = 0): Promise<Ended> {
  const steps = parseScript(script);
  if (steps === undefined) {
    await io.write('stderr', 'sh: this practice shell supports only simple commands, quotes, pipes, ;, && and ||\n');
    return { code: 2, exited: false };
  }
  const ended: Ended = { code, exited: false };
  for (const step of steps) {
    if ((step.when === 'success' && ended.code !== 0) || (step.when === 'failure' && ended.code === 0)) continue;
    await runStep(machine, step, io, run, ended);
    if (ended.exited || machine.closing.aborted) break;
  }
  return ended;
}

async function runStep(machine: Machine, { pipeline }: Step, io: Io, run: RunCommand, ended: Ended): Promise<void> {
  let { stdin } = io;
  for (const [index, command] of pipeline.entries()) {
    const argv = command.words.map((word) => expand(word, machine, ended.code));
    if (argv[0] === 'exit' && pipeline.length === 1) {
      ended.code = argv[1] === undefined ? ended.code : Number(argv[1]) & 255;
      ended.exited = true;
      return;
    }
    if (index === pipeline.length - 1) {
      ended.code = await run(machine, argv, redirected({ ...io, stdin }, command));
      return;
    }
    const output: Buffer[] = [];
    const toPipe: Io = {
      stdin,
      write: async (to, data) => (to === 'stdout' ? void output.push(Buffer.from(data)) : io.write(to, data)),
    };
    await run(machine, argv, redirected(toPipe, command));
    stdin = inputOf(Buffer.concat(output));
  }
}

function redirected(io: Io, { redirects }: SimpleCommand): Io {
  const target: Record<'stdout' | 'stderr', 'stdout' | 'stderr' | 'nowhere'> = { stdout: 'stdout', stderr: 'stderr' };
  for (const { from, to } of redirects) target[from] = to === 'nowhere' ? to : target[to];
  return {
    stdin: io.stdin,
    write: async (to, data) => {
      const place = target[to];
      if (place !== 'nowhere') await io.write(place, data);
    },
  };
}

function expand(word: Word, machine: Machine, code: number): string {
  const environment = environmentOf(machine);
  return word
    .map(({ text, expand: wanted }) =>
      wanted
        ? text.replace(/\$(?:\{(\w+)\}|(\w+)|(\?))/g, (_, braced?: string, bare?: string) => {
            const name = braced ?? bare;
            if (name === undefined) return String(code);
            return Object.hasOwn(environment, name) ? environment[name]! : '';
          })
        : text,
    )
    .join('');
}
