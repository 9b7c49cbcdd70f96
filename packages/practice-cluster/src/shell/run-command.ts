import type { Io, Machine } from './io.ts';
import { interact } from './interact.ts';
import { programs } from './programs.ts';
import { runScript } from './run-script.ts';

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
