import { setTimeout as sleep } from 'node:timers/promises';
import type { Program } from './input.ts';
import { directoryOf, environmentOf, filesOf, hostnameOf } from './machine-data.ts';

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', e: '\u001b', 0: '\0' };

const echo: Program = async (args, io) => {
  const rest = [...args];
  let newline = '\n';
  let interpret = false;
  while (/^-[ne]+$/.test(rest[0] ?? '')) {
    const flags = rest.shift()!;
    if (flags.includes('n')) newline = '';
    if (flags.includes('e')) interpret = true;
  }
  const text = rest.join(' ');
  await io.write(
    'stdout',
    `${interpret ? text.replace(/\\([ntre0\\])/g, (_, letter: string) => escapes[letter]!) : text}${newline}`,
  );
  return 0;
};

const cat: Program = async (args, io, machine) => {
  let code = 0;
  for (const path of args.length === 0 ? ['-'] : args) {
    if (path === '-') {
      for (let chunk = await io.stdin.read(); chunk !== undefined; chunk = await io.stdin.read())
        await io.write('stdout', chunk);
      continue;
    }
    const text = filesOf(machine).get(path);
    if (text === undefined) {
      await io.write('stderr', `cat: ${path}: No such file or directory\n`);
      code = 1;
    } else {
      await io.write('stdout', text);
    }
  }
  return code;
};

const ls: Program = async (args, io, machine) => {
  const paths = args.filter((arg) => !arg.startsWith('-'));
  let code = 0;
  for (const path of paths.length === 0 ? ['/'] : paths) {
    const names = filesOf(machine).has(path) ? [path] : directoryOf(machine, path);
    if (names === undefined) {
      await io.write('stderr', `ls: ${path}: No such file or directory\n`);
      code = 1;
    } else {
      await io.write('stdout', names.map((name) => `${name}\n`).join(''));
    }
  }
  return code;
};

const printenv: Program = async (args, io, machine) => {
  const environment = environmentOf(machine);
  const wanted = args[0];
  if (wanted === undefined)
    await io.write(
      'stdout',
      Object.entries(environment)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    );
  else if (Object.hasOwn(environment, wanted)) await io.write('stdout', `${environment[wanted]}\n`);
  return wanted === undefined || Object.hasOwn(environment, wanted) ? 0 : 1;
};

const sleepFor: Program = async (args, io, { closing }) => {
  const seconds = Number(args[0] ?? 'x');
  if (!(seconds >= 0)) {
    await io.write('stderr', 'sleep: missing number of seconds\n');
    return 1;
  }
  await sleep(Math.min(seconds, 3600) * 1000, undefined, { signal: closing, ref: false }).catch(() => undefined);
  return 0;
};

function prints(text: string | ((machine: Parameters<Program>[2]) => string)): Program {
  return async (_args, io, machine) => {
    await io.write('stdout', `${typeof text === 'string' ? text : text(machine)}\n`);
    return 0;
  };
}

/** Every program except the shell. */
export const programs: ReadonlyMap<string, Program> = new Map<string, Program>([
  ['echo', echo],
  ['cat', cat],
  ['ls', ls],
  ['env', printenv],
  ['printenv', printenv],
  ['sleep', sleepFor],
  ['true', () => 0],
  [':', () => 0],
  ['false', () => 1],
  ['cd', () => 0],
  ['hostname', prints(hostnameOf)],
  ['whoami', prints('root')],
  ['pwd', prints('/')],
  ['id', prints('uid=0(root) gid=0(root) groups=0(root)')],
  ['date', prints(({ clock }) => new Date(clock()).toUTCString())],
  [
    'uname',
    async (args, io, machine) => {
      await io.write(
        'stdout',
        args[0] === '-a' ? `Linux ${hostnameOf(machine)} 0.0.0-practice #1 simulated\n` : 'Linux\n',
      );
      return 0;
    },
  ],
]);
