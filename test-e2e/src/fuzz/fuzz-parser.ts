import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { memoryInUse } from '../harness/memory-in-use.ts';
import { createDice, mutate } from './mutate.ts';

export type FuzzedParser = {
  /** The name, also of its directory in the corpus. */
  name: string;
  /** Valid inputs to mutate. */
  seeds: readonly (string | Buffer)[];
  /** Tokens of its language. */
  tokens: readonly (string | Buffer)[];
  /** Generated inputs, which are not mutated. */
  built: fc.Arbitrary<Buffer>;
  /** The time limit per input in milliseconds, if not 50, for parsers that do not block an event loop. */
  longestMs?: number;
  /**
   * Parses one input. Throws if the result is neither consistent nor one of the parser's own errors.
   */
  feed(input: Buffer): void;
};

const cases = Number(process.env['SALLYPORT_FUZZ_CASES'] ?? 100_000);
const seed = Number(process.env['SALLYPORT_FUZZ_SEED'] ?? Date.now() % 1_000_000_000);
/** The maximum time that an input may block the event loop, in milliseconds. */
const usualLongestMs = 50;
const growthBytes = 48 * 1024 * 1024;

const bytes = (one: string | Buffer) => (typeof one === 'string' ? Buffer.from(one, 'latin1') : one);
const corpusOf = (name: string) => new URL(`./corpus/${name}/`, import.meta.url);

/** Returns the inputs that once broke a parser. */
export function readCorpus(name: string): Buffer[] {
  const directory = corpusOf(name);
  return existsSync(directory)
    ? readdirSync(directory)
        .toSorted()
        .map((file) => readFileSync(new URL(file, directory)))
    : [];
}

/** Saves an input that broke a parser, so that every later run starts with it. */
function keep(name: string, input: Buffer): string {
  mkdirSync(corpusOf(name), { recursive: true });
  const file = new URL(`${createHash('sha256').update(input).digest('hex').slice(0, 16)}.bin`, corpusOf(name));
  writeFileSync(file, input);
  return file.pathname;
}

const elapsed = (run: () => void) => {
  const started = performance.now();
  run();
  return performance.now() - started;
};

/**
 * Returns how long the parser takes for an input: the best of several runs, because the machine may be busy.
 */
const leastMs = ({ feed }: FuzzedParser, input: Buffer) =>
  Math.min(...Array.from({ length: 5 }, () => elapsed(() => feed(input))));

/**
 * Feeds the corpus to a parser, then 100,000 inputs (SALLYPORT_FUZZ_CASES), half of them generated and half of them
 * mutated. Prints the number of cases, the longest case and the growth of memory.
 */
export async function fuzzParser(parser: FuzzedParser): Promise<void> {
  const corpus = readCorpus(parser.name);
  const [seeds, tokens] = [[...parser.seeds.map(bytes), ...corpus], parser.tokens.map(bytes)];
  const slowest = { ms: 0, input: Buffer.alloc(0) };
  let fed = 0;
  const feed = (input: Buffer) => {
    fed += 1;
    try {
      const ms = elapsed(() => parser.feed(input));
      if (ms > slowest.ms) Object.assign(slowest, { ms, input });
    } catch (cause) {
      throw new Error(
        `${parser.name} broke; the input is kept in ${keep(parser.name, input)} (seed ${seed}): ${cause instanceof Error ? cause.stack : String(cause)}`,
        { cause },
      );
    }
  };
  for (const input of seeds) feed(input);
  const dice = createDice(seed);
  const before = memoryInUse();
  for (let count = 0; count < cases / 2; count += 1) {
    feed(mutate(seeds, tokens, dice));
    if (count % 500 === 0) await turn();
  }
  fc.assert(fc.property(parser.built, feed), { numRuns: Math.ceil(cases / 2), seed, endOnFailure: true });
  const grown = memoryInUse() - before;
  const { longestMs = usualLongestMs } = parser;
  const ms = slowest.ms > longestMs ? leastMs(parser, slowest.input) : slowest.ms;
  process.stderr.write(
    `fuzzed: ${parser.name}: ${fed} cases (${corpus.length} of the corpus), longest ${ms.toFixed(1)} ms for ${slowest.input.length} bytes, memory ${(grown / 1024 / 1024).toFixed(1)} MiB more, seed ${seed}\n`,
  );
  if (ms > longestMs)
    throw new Error(
      `${parser.name} took ${ms.toFixed(0)} ms for one input, which is kept in ${keep(parser.name, slowest.input)}`,
    );
  if (grown > growthBytes) throw new Error(`${parser.name} kept ${(grown / 1024 / 1024).toFixed(0)} MiB`);
}
