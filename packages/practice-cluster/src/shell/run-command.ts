import { createInput, type Io, type Machine } from './input.ts';
import { createLineReader } from './line-reader.ts';
import { programs } from './programs.ts';
import { runScript, type RunCommand } from './run-script.ts';

const prompt = '/ # ';

/** Runs a shell that reads commands line by line: with prompt and echo on a terminal, silently from a pipe. */
async function interact(machine: Machine, io: Io, run: RunCommand): Promise<number> {
  const { tty } = machine;
  const reader = createLineReader(io, tty);
  let code = 0;
  for (;;) {
    if (tty) await io.write('stdout', prompt);
    const line = await reader.next();
    if (line === undefined) break;
    // On a terminal, commands do not read input. What the user types during a command belongs to the next line.
    const stdin = tty ? createInput() : reader.rest;
    if (tty) stdin.end();
    const ended = await runScript(machine, line, { ...io, stdin }, run, code);
    code = ended.code;
    if (ended.exited || machine.closing.aborted) return code;
  }
  if (tty) await io.write('stdout', '\n');
  return code;
}

/** Runs a command on the simulated machine. Returns its exit code, or 127 if the command does not exist. */
export async function runCommand(machine: Machine, argv: string[], io: Io): Promise<number> {
  const name = (argv[0] ?? '').replace(/^(?:\/usr)?\/bin\//, '');
  const args = argv.slice(1);
  if (name === 'sh' || name === 'bash' || name === 'ash') return shell(machine, args, io);
  const program = programs.get(name);
  if (program !== undefined) return program(args, io, machine);
  await io.write('stderr', `${argv[0]}: command not found\n`);
  return 127;
}

async function shell(machine: Machine, args: string[], io: Io): Promise<number> {
  const at = args.findIndex((arg) => /^-[a-z]*c$/.test(arg));
  if (at === -1) return interact(machine, io, runCommand);
  const script = args[at + 1];
  if (script === undefined) {
    await io.write('stderr', 'sh: -c requires an argument\n');
    return 2;
  }
  return (await runScript(machine, script, io, runCommand)).code;
}
