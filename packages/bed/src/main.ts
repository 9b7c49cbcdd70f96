import { once } from 'node:events';
import { parseArgs } from 'node:util';
import process from 'node:process';
import { ensureComponents } from './components/ensure-components.ts';
import {
  allNeeds,
  componentsOf,
  isBedNeed,
  unmetNeeds,
  defaultNeeds,
  type BedNeed,
  type Missing,
} from './components/needs.ts';
import { startBed } from './start-bed.ts';
import { sweep } from './sweep.ts';

const help = `Real components for whole-system tests. They are built once, start in seconds and leave no trace.

Usage: npm run bed -- <command> [options]

  ensure            install, fetch and build what is missing, then print the paths
  up                start the components, print their addresses as JSON, and run until Ctrl-C
  down              remove what crashed runs left behind

  --need A,B        the components to use, from: ${allNeeds.join(', ')}
                    (cluster is only the control plane, node adds a node that runs pods, and pods
                    one on which they find Services and the API server);
                    default ${defaultNeeds.join(', ')}
  --run-dir DIR     create the directory of the run in DIR
  --help            show this help

Example: npm run bed -- up --need node,redis,kafka
Exit codes: 0 success, 1 failure or something is missing, 2 invalid arguments.
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
  // The servers do not keep this process alive.
  const keepAlive = setInterval(() => {}, 60_000);
  const signal = interruption();
  try {
    const bed = await startBed({ need, runDir, onProgress: say, signal });
    print(bed.describe());
    report(bed.missing);
    say('All available components are up. Press Ctrl-C to stop them.');
    if (!signal.aborted) await once(signal, 'abort');
    say('Stopping ...');
    await bed.stop();
    return 0;
  } finally {
    clearInterval(keepAlive);
  }
}

async function down({ runDir }: Options): Promise<number> {
  const swept = await sweep({ base: runDir, onProgress: say });
  say(swept.length === 0 ? 'Nothing was left behind.' : `Removed ${swept.length} runs.`);
  return 0;
}

function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => controller.abort(new Error('interrupted')));
  return controller.signal;
}

function report(missing: readonly Missing[]): number {
  for (const each of missing) say(`missing: ${each.missing}: ${each.why}. ${each.hint}`);
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
  const need = values.need === undefined ? defaultNeeds : values.need.split(',').map((each) => each.trim());
  const unknown = need.find((each) => !isBedNeed(each));
  if (!command || rest.length > 0) return invalidArguments(`unknown command "${[command ? rest[0] : name].join(' ')}"`);
  if (unknown !== undefined)
    return invalidArguments(`unknown component "${unknown}". The components are ${allNeeds.join(', ')}`);
  return command({ need: need.filter((each) => isBedNeed(each)), runDir: values['run-dir'] });
}

function invalidArguments(what: string): number {
  say(`bed: ${what}. Run with --help for usage.`);
  return 2;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const unknownOption = (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') ?? false;
  say(`bed: ${(error as Error).message}`);
  process.exitCode = unknownOption ? 2 : 1;
}
