import { createHash, type Hash } from 'node:crypto';
import { boundsSteps } from './compile/check-bounds.ts';
import { runSteps, runStepsSliced, type Slicing, type Steps } from './compile/run-steps.ts';

const valuesPerStep = 500;

type Writer = { readonly hash: Hash; values: number };

/** Writes JSON with sorted keys and no white space, so that the same policy has the same text however it was laid out. */
function* writeCanonical(value: unknown, writer: Writer): Steps<void> {
  writer.values += 1;
  if (writer.values % valuesPerStep === 0) yield;
  if (Array.isArray(value)) {
    let before = '[';
    for (const item of value as unknown[]) {
      writer.hash.update(before);
      yield* writeCanonical(item, writer);
      before = ',';
    }
    writer.hash.update(value.length === 0 ? '[]' : ']');
    return;
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined).sort(([a], [b]) => (a < b ? -1 : 1));
    let before = '{';
    for (const [key, item] of entries) {
      writer.hash.update(`${before}${JSON.stringify(key)}:`);
      yield* writeCanonical(item, writer);
      before = ',';
    }
    writer.hash.update(entries.length === 0 ? '{}' : '}');
    return;
  }
  writer.hash.update(JSON.stringify(value) ?? 'null');
}

function* versionSteps(documents: Readonly<Record<string, unknown>>): Steps<string> {
  const problem = yield* boundsSteps(Object.values(documents));
  if (problem) throw new RangeError(`the policy ${problem}`);
  const hash = createHash('sha256');
  yield* writeCanonical(documents, { hash, values: 0 });
  return hash.digest('hex').slice(0, 16);
}

/** The short name of a set of policy documents by their scope: 16 hex digits of the SHA-256 of their canonical form. Throws RangeError for what compilePolicy refuses as too deep or too big. */
export function policyVersion(documents: Readonly<Record<string, unknown>>): string {
  return runSteps(versionSteps(documents));
}

/** The same name as policyVersion gives, worked out in slices; rejects where that throws. */
export async function policyVersionSliced(documents: Readonly<Record<string, unknown>>, slicing: Slicing): Promise<string> {
  return runStepsSliced(versionSteps(documents), slicing);
}
