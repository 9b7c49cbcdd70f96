import { readFileSync } from 'node:fs';

type Frame = { functionName: string; url: string; lineNumber: number };
type Node = { id: number; callFrame: Frame; children?: number[] };
type CpuProfile = { nodes: Node[]; samples: number[]; timeDeltas: number[] };

/** Milliseconds by name, largest first, and in total. */
export type ProfileSummary = {
  totalMs: number;
  byPart: [string, number][];
  byFile: [string, number][];
  byFunction: [string, number][];
};

/** Returns a short name for the location of code: one of our files, a dependency, or a part of Node.js. */
function fileOf({ url, functionName }: Frame): string {
  if (url === '') return functionName.startsWith('(') ? functionName : '(native)';
  const dependency = /node_modules\/(?:\.[^/]+\/)?((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)(.*)$/.exec(url);
  if (dependency && !dependency[1]!.startsWith('@sallyport')) return `${dependency[1]}/${dependency[2]}`;
  return /(?:packages|@sallyport)\/(.*)$/.exec(url)?.[1]?.replace('/dist', '') ?? url.replace(/^node:/, 'node:');
}

const isOurs = (url: string) => /packages\/[a-z-]+\/dist/.test(url);
const partNames: [RegExp, string][] = [
  [/^undici\//, 'undici'],
  [/^pino\/|^sonic-boom|^quick-format|^fast-redact|^@pinojs/, 'pino'],
  [/^kafkajs/, 'kafkajs'],
  [/^ioredis|^redis-parser|^@ioredis/, 'ioredis'],
  [/^prom-client/, 'prom-client'],
];
const dependencyPart = (file: string) => partNames.find(([pattern]) => pattern.test(file))?.[1];

/**
 * Reads a profile of `node --cpu-prof`. `byFile` and `byFunction` are the time spent in the code itself. `byPart` assigns
 * the time of Node's own code to its caller: the nearest of our files or dependencies up the stack, or the part of Node
 * itself if there is none (sockets, parser, timers).
 */
export function summariseProfile(file: string): ProfileSummary {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parentOf = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id] as const)));
  const owner = (id: number): string => {
    let outermost = '';
    for (let at: number | undefined = id; at !== undefined; at = parentOf.get(at)) {
      const { callFrame } = byId.get(at)!;
      const name = fileOf(callFrame);
      if (name === '(garbage collector)' || name === '(program)') return name;
      if (isOurs(callFrame.url)) return name;
      const dependency = dependencyPart(name);
      if (dependency !== undefined) return dependency;
      if (callFrame.url !== '') outermost = name;
    }
    return outermost === '' ? '(native)' : outermost;
  };
  const self = new Map<number, number>();
  samples.forEach((id, index) => self.set(id, (self.get(id) ?? 0) + timeDeltas[index]! / 1000));
  const [parts, files, functions] = [new Map<string, number>(), new Map<string, number>(), new Map<string, number>()];
  const add = (map: Map<string, number>, name: string, ms: number) => map.set(name, (map.get(name) ?? 0) + ms);
  let totalMs = 0;
  for (const [id, ms] of self) {
    const { callFrame } = byId.get(id)!;
    if (callFrame.functionName === '(idle)' || callFrame.functionName === '(root)') continue;
    totalMs += ms;
    const name = fileOf(callFrame);
    add(parts, owner(id), ms);
    add(files, name, ms);
    add(functions, `${callFrame.functionName || '(anonymous)'} ${name}:${callFrame.lineNumber + 1}`, ms);
  }
  const sorted = (map: Map<string, number>) => [...map].toSorted((a, b) => b[1] - a[1]);
  return { totalMs, byPart: sorted(parts), byFile: sorted(files), byFunction: sorted(functions) };
}

/** Formats the summary as text, in percent. */
export function profileText(name: string, summary: ProfileSummary, lines = 30): string {
  const table = (title: string, rows: [string, number][]) =>
    [
      title,
      ...rows
        .slice(0, lines)
        .map(([what, ms]) => `  ${((ms / summary.totalMs) * 100).toFixed(1).padStart(5)} %  ${what}`),
    ].join('\n');
  return [
    `${name}: ${(summary.totalMs / 1000).toFixed(2)} s of work`,
    table('who asked for it', summary.byPart),
    table('functions', summary.byFunction),
  ].join('\n');
}
