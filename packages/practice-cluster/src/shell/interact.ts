import { createInput } from './input.ts';
import type { Io, Machine } from './io.ts';
import { createLineReader } from './line-reader.ts';
import { runScript } from './run-script.ts';
import type { RunCommand } from './run-script.ts';

const prompt = '/ # ';

/** Runs a shell that reads commands line by line: with prompt and echo on a terminal, silently from a pipe. */
export async function interact(machine: Machine, io: Io, run: RunCommand): Promise<number> {
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
