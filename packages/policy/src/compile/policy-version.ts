import { createHash, type Hash } from 'node:crypto';
import { boundsSteps, runSteps, type Steps } from '../document/run-steps.ts';

const valuesPerStep = 500;

/** Buffers text for the hash: a call of the hash for every bracket would cost more than everything else. */
type Writer = { readonly hash: Hash; values: number; text: string };
const bufferLength = 16 * 1024;

function write(writer: Writer, text: string): void {
  writer.text += text;
  if (writer.text.length < bufferLength) return;
  writer.hash.update(writer.text);
  writer.text = '';
}

/** A list or mapping that is being written: its items in order, and the keys of a mapping. */
type Open = { readonly items: readonly unknown[]; readonly keys: readonly string[] | undefined; at: number };

function open(value: object): Open {
  if (Array.isArray(value)) return { items: value as unknown[], keys: undefined, at: 0 };
  const keys = Object.keys(value)
    .filter((key) => (value as Record<string, unknown>)[key] !== undefined)
    .sort((a, b) => (a < b ? -1 : 1));
  return { items: keys.map((key) => (value as Record<string, unknown>)[key]), keys, at: 0 };
}

/** Writes JSON with sorted keys and without white space, so that the same policy has the same text in any layout. */
function* writeCanonical(root: unknown, writer: Writer): Steps<void> {
  // An explicit stack, because with nested generators each value would pass through all of them.
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
    let parent = stack.at(-1);
    while (parent && parent.at === parent.items.length) {
      write(writer, parent.keys ? '}' : ']');
      stack.pop();
      parent = stack.at(-1);
    }
    if (!parent) return;
    const { at, keys, items } = parent;
    if (at > 0) write(writer, ',');
    if (keys) write(writer, `${JSON.stringify(keys[at])}:`);
    value = items[at];
    parent.at += 1;
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
 * Returns the version of a set of policy documents by scope: 16 hex digits of the SHA-256 of their canonical form.
 * Throws RangeError for documents that compilePolicy refuses as too deep or too large.
 */
export function policyVersion(documents: Readonly<Record<string, unknown>>): string {
  return runSteps(versionSteps(documents));
}
