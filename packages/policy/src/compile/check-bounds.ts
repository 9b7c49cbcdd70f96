import { runSteps, type Steps } from './run-steps.ts';

/** The bounds of a document. A larger one is refused. */
const documentBounds = { depth: 32, nodes: 2_000_000, textLength: 65_536 };

const valuesPerStep = 1000;

/** Does the work of checkBounds in steps. */
export function* boundsSteps(document: unknown): Steps<string | undefined> {
  let level: unknown[] = [document];
  let nodes = 0;
  let sinceYield = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > documentBounds.depth) return `is nested more than ${documentBounds.depth} levels deep`;
    const next: unknown[] = [];
    for (const value of level) {
      sinceYield += 1;
      if (sinceYield % valuesPerStep === 0) yield;
      if (typeof value === 'string' && value.length > documentBounds.textLength)
        return `contains a string of more than ${documentBounds.textLength} characters`;
      if (typeof value !== 'object' || value === null) continue;
      const children = Array.isArray(value) ? value : Object.values(value);
      nodes += children.length;
      if (nodes > documentBounds.nodes) return `has more than ${documentBounds.nodes} values`;
      for (const child of children) next.push(child);
    }
    level = next;
  }
  return undefined;
}

/**
 * Returns why a document is too large or too deep to compile, or undefined. Works on documents that contain themselves:
 * it does not recurse.
 */
export function checkBounds(document: unknown): string | undefined {
  return runSteps(boundsSteps(document));
}
