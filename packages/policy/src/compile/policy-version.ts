import { createHash, type Hash } from 'node:crypto';
import { boundsSteps } from './check-bounds.ts';
import { runSteps, runStepsSliced, type Slicing, type Steps } from './run-steps.ts';

const valuesPerStep = 500;

/** Text waits here until there is enough of it: a call of the hash for every bracket would cost more than the rest. */
type Writer = { readonly hash: Hash; values: number; text: string };
const enough = 16 * 1024;

function write(writer: Writer, text: string): void {
  writer.text += text;
  if (writer.text.length < enough) return;
  writer.hash.update(writer.text);
  writer.text = '';
}

/** A list or map that is being written: what is in it, in order, and the names of a map. */
type Open = { readonly items: readonly unknown[]; readonly keys: readonly string[] | undefined; at: number };

function open(value: object): Open {
  if (Array.isArray(value)) return { items: value as unknown[], keys: undefined, at: 0 };
  const keys = Object.keys(value)
    .filter((key) => (value as Record<string, unknown>)[key] !== undefined)
    .sort((a, b) => (a < b ? -1 : 1));
  return { items: keys.map((key) => (value as Record<string, unknown>)[key]), keys, at: 0 };
}

/**
 * Writes JSON with sorted keys and no white space, so that the same policy has the same text however it was laid out.
 */
function* writeCanonical(root: unknown, writer: Writer): Steps<void> {
  // A stack of its own and not one of generators, each of which would be passed through for every value.
  const stack: Open[] = [];
  let value = root;
  for (;;) {
    writer.values += 1;
    if (writer.values % valuesPerStep === 0) yield;
    if (typeof value === 'object' && value !== null) {
      const opened = open(value);
      write(writer, opened.keys ? '{' : '[');
      stack.push(opened);
    } else {
      write(writer, JSON.stringify(value) ?? 'null');
    }
    let around = stack.at(-1);
    while (around && around.at === around.items.length) {
      write(writer, around.keys ? '}' : ']');
      stack.pop();
      around = stack.at(-1);
    }
    if (!around) return;
    const { at, keys, items } = around;
    if (at > 0) write(writer, ',');
    if (keys) write(writer, `${JSON.stringify(keys[at])}:`);
    value = items[at];
    around.at += 1;
  }
}

function* versionSteps(documents: Readonly<Record<string, unknown>>): Steps<string> {
  const problem = yield* boundsSteps(Object.values(documents));
  if (problem) throw new RangeError(`the policy ${problem}`);
  const hash = createHash('sha256');
  const writer: Writer = { hash, values: 0, text: '' };
  yield* writeCanonical(documents, writer);
  return hash.update(writer.text).digest('hex').slice(0, 16);
}

/**
 * The short name of a set of policy documents by their scope: 16 hex digits of the SHA-256 of their canonical form.
 * Throws RangeError for what compilePolicy refuses as too deep or too big.
 */
export function policyVersion(documents: Readonly<Record<string, unknown>>): string {
  return runSteps(versionSteps(documents));
}

/** The same name as policyVersion gives, worked out in slices; rejects where that throws. */
export async function policyVersionSliced(
  documents: Readonly<Record<string, unknown>>,
  slicing: Slicing,
): Promise<string> {
  return runStepsSliced(versionSteps(documents), slicing);
}
