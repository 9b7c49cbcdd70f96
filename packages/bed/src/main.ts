import { once } from 'node:events';
import { parseArgs } from 'node:util';
import process from 'node:process';
import { ensureComponents } from './components/ensure-components.ts';
import { allNeeds, componentsOf, isBedNeed, unmetNeeds, usualNeeds, type BedNeed, type Missing } from './needs.ts';
import { startBed } from './start-bed.ts';
import { sweep } from './sweep.ts';

const help = `Real components for whole-system tests: built once, started in seconds, stopped without a trace.

Usage: npm run bed -- <command> [options]

  ensure            installs, fetches and builds what is missing, then prints where everything is
  up                starts it, prints where everything is as JSON, and runs until Ctrl-C
  down              removes what runs left behind that died

  --need A,B        these, of: ${allNeeds.join(', ')}
                    (cluster is the control plane alone, node is one on which pods run);
                    default ${usualNeeds.join(', ')}
  --run-dir DIR     make the run's directory there
  --help            this text

Example: npm run bed -- up --need node,redis,kafka
Exit codes: 0 done, 1 failed or something is missing, 2 not understood.
`;

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);

type Options = { need: BedNeed[]; runDir?: string };

const commands: Record<string, (options: Options) => Promise<number>> = { ensure, up, down };

async function ensure({ need }: Options): Promise<number> {
  const components = await ensureComponents(
    need.flatMap((each) => componentsOf(each)),
    { onProgress: say, signal: interruption() },
  );
  const missing = unmetNeeds(need, components);
  print({ programs: components.paths, missing });
  return report(missing);
}

async function up({ need, runDir }: Options): Promise<number> {
  // The servers do not keep this process alive by themselves.
  const keepAlive = setInterval(() => {}, 60_000);
  const signal = interruption();
  try {
    const bed = await startBed({ need, runDir, onProgress: say, signal });
    print(bed.describe());
    report(bed.missing);
    say('Everything that could start is up. Ctrl-C stops it.');
    if (!signal.aborted) await once(signal, 'abort');
    say('stopping');
    await bed.stop();
    return 0;
  } finally {
    clearInterval(keepAlive);
  }
}

async function down({ runDir }: Options): Promise<number> {
  const swept = await sweep({ base: runDir, onProgress: say });
  say(swept.length === 0 ? 'nothing was left behind' : `removed ${swept.length} runs`);
  return 0;
}

function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => controller.abort(new Error('interrupted')));
  return controller.signal;
}

function report(missing: readonly Missing[]): number {
  for (const each of missing) say(`missing: ${each.missing}: ${each.why} (${each.hint})`);
  return missing.length === 0 ? 0 : 1;
}

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { need: { type: 'string' }, 'run-dir': { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  const [name, ...rest] = positionals;
  if (values.help || name === undefined) {
    process.stdout.write(help);
    return values.help ? 0 : 2;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  const need = values.need === undefined ? usualNeeds : values.need.split(',').map((each) => each.trim());
  const strange = need.find((each) => !isBedNeed(each));
  if (!command || rest.length > 0)
    return misunderstood(`there is no command "${[command ? rest[0] : name].join(' ')}"`);
  if (strange !== undefined)
    return misunderstood(`"${strange}" is nothing that the bed has; it has ${allNeeds.join(', ')}`);
  return command({ need: need.filter((each) => isBedNeed(each)), runDir: values['run-dir'] });
}

function misunderstood(what: string): number {
  say(`bed: ${what}. See --help.`);
  return 2;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const unknownOption = (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') ?? false;
  say(`bed: ${(error as Error).message}`);
  process.exitCode = unknownOption ? 2 : 1;
}
