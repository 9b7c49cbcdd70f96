import { FaultList, type FaultPath, type PolicyFault } from '../document/fault-list.ts';
import { isPlainObject } from '../document/plain-object.ts';
import { boundsSteps, runSteps, runStepsSliced, type Slicing, type Steps } from '../document/run-steps.ts';
import type { Alternative, CompiledPolicy } from '../language/compiled-policy.ts';
import { actions } from '../language/criterion.ts';
import { compileBody } from './compile-body.ts';
import { readRuleWords, wordKeys } from './rule-words.ts';

export type CompileResult =
  | { readonly ok: true; readonly policy: CompiledPolicy; readonly warnings: readonly PolicyFault[] }
  | { readonly ok: false; readonly faults: readonly PolicyFault[] };

type Draft = {
  scope: string;
  allow: Alternative[];
  deny: Alternative[];
  faults: FaultList;
  warnings: FaultList;
  names: Map<string, FaultPath>;
};

const ruleKeys = [...actions, ...wordKeys];

function* compileRule(rule: unknown, index: number, path: FaultPath, draft: Draft): Steps<void> {
  const { scope, faults, warnings } = draft;
  if (!isPlainObject(rule)) return faults.addKind(path, 'a mapping with allow or deny', rule);
  const words = readRuleWords(rule, { ...draft, path });
  for (const key of Object.keys(rule)) {
    const action = actions.find((name) => name === key);
    if (!action) {
      if (!wordKeys.some((name) => name === key)) faults.addUnknown([...path, key], 'action', key, ruleKeys);
      continue;
    }
    const name = `${scope}[${index}].${action}`;
    // One by one, because spreading very many would overflow the stack.
    for (const alternative of yield* compileBody(rule[key], {
      scope,
      faults,
      warnings,
      action,
      name,
      words,
      path: [...path, key],
    }))
      draft[action].push(alternative);
  }
}

function* compileRules(document: unknown, draft: Draft): Steps<number> {
  const problem = yield* boundsSteps(document);
  if (problem) {
    draft.faults.add([], problem);
    return 0;
  }
  if (!Array.isArray(document)) {
    yield* compileRule(document, 0, [], draft);
    return 1;
  }
  for (const [index, rule] of document.entries()) {
    yield* compileRule(rule, index, [index], draft);
    yield;
  }
  return document.length;
}

function* compileSteps(document: unknown, { scope }: { scope: string }): Steps<CompileResult> {
  const draft: Draft = {
    scope,
    allow: [],
    deny: [],
    faults: new FaultList(),
    warnings: new FaultList(),
    names: new Map(),
  };
  let ruleCount = 0;
  try {
    ruleCount = yield* compileRules(document, draft);
  } catch {
    draft.faults.add([], 'cannot be read');
  }
  if (draft.faults.size > 0) return { ok: false, faults: draft.faults.list() };
  const { allow, deny } = draft;
  return { ok: true, policy: { scope, ruleCount, allow, deny }, warnings: draft.warnings.list() };
}

/**
 * Compiles a policy document, as returned by a YAML or JSON reader. All faults are reported together, each with its
 * path. `scope` tells where the policy applies, for example `cluster/dev`. The name of every rule begins with it.
 */
export function compilePolicy(document: unknown, options: { scope: string }): CompileResult {
  return runSteps(compileSteps(document, options));
}

/**
 * Compiles like compilePolicy, but in slices with pauses in between, so that a large document does not block other
 * work. The document must not change while it is compiled.
 */
export function compilePolicySliced(document: unknown, options: { scope: string } & Slicing): Promise<CompileResult> {
  return runStepsSliced(compileSteps(document, options), options);
}
