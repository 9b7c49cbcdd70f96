// The thread that runs test cases and evaluates recorded requests by a proposed policy. It is ended when it takes too long.
import { parentPort, workerData } from 'node:worker_threads';
import type { WhatIf } from '@sallyport/contracts';
import { formatFaults, locateFault, readYaml } from '@sallyport/kit';
import { compilePolicy, lintPolicies, type CompiledPolicy } from '@sallyport/policy';
import { readCases, runCases, type CaseResult } from '@sallyport/policy/cases';
import {
  createRecordedEvaluator,
  createReplayer,
  createSeenIds,
  createTally,
  type ReplayResult,
} from '@sallyport/policy/replay';

export type WhatIfStart = { policy: string; tests?: string | undefined; cluster: string };
/** Events to evaluate, or the question for the result. */
export type WhatIfRequest = { events: readonly unknown[] } | { end: true };
/**
 * The first message says what is wrong with the policy or its test cases, or what is doubtful and what came of the cases.
 * Each request then has one answer.
 */
export type WhatIfAnswer = {
  faults?: string;
  warnings?: WhatIf['warnings'];
  tests?: WhatIf['tests'];
  result?: ReplayResult;
};

const examples = 5;
const answer = (message: WhatIfAnswer) => parentPort?.postMessage(message);

/** A caller is told of so many faults, and of so many warnings. */
const mostFaults = 20;
const mostCases = 200;
const [mostReasons, longestText] = [20, 300];

/** What is wrong with a text, in words. */
class Faulty extends Error {}

type Yaml = Extract<ReturnType<typeof readYaml>, { ok: true }>['yaml'];
const what = { policy: 'The policy has faults', tests: 'The test cases have faults' };

function refuse(text: keyof typeof what, faults: Parameters<typeof formatFaults>[1]): never {
  throw new Faulty(`${what[text]}: ${formatFaults(text, faults.slice(0, mostFaults))}`);
}

function read(text: keyof typeof what, written: string): Yaml {
  const parsed = readYaml(written);
  return parsed.ok ? parsed.yaml : refuse(text, parsed.faults);
}

function compile({ data, place }: Yaml, scope: string): CompiledPolicy {
  const compiled = compilePolicy(data, { scope });
  if (compiled.ok) return compiled.policy;
  return refuse(
    'policy',
    compiled.faults.map((fault) => locateFault(fault, place)),
  );
}

/** Cuts the texts, which may be as long as the policy, and as many as there are cases. */
function shorten({ name, line, passed, got, differences, because }: CaseResult): NonNullable<WhatIf['tests']>[number] {
  const { effect, rule, ruleName } = got;
  const cut = (text: string) => (text.length > longestText ? `${text.slice(0, longestText)}…`.toWellFormed() : text);
  return {
    name: cut(name),
    line,
    passed,
    got: { effect, rule: cut(rule), ...(ruleName === undefined ? {} : { ruleName: cut(ruleName) }) },
    differences: differences.map((one) => ({ what: one.what, expected: cut(one.expected), got: cut(one.got) })),
    because: because.slice(0, mostReasons).map(cut),
  };
}

/** Runs the cases as `sallyport policy test` runs those of a file that names the policy. */
function runTests(policy: Yaml, written: string): WhatIf['tests'] {
  const { data, place } = read('tests', written);
  const tests = readCases({ data, place }, { withPolicy: true, most: mostCases });
  if (!tests.ok)
    return refuse(
      'tests',
      tests.faults.map((fault) => locateFault(fault, (path) => place(path) ?? { line: 1, column: 1 })),
    );
  const policies = [compile(policy, tests.file.scope)];
  const options = { now: Date.now(), loginFirst: false };
  // One by one, because a result has a line for every rule until it is cut.
  return tests.file.cases.flatMap((one) => runCases([one], () => policies, options).map(shorten));
}

function examine({ policy: written, tests, cluster }: WhatIfStart) {
  const yaml = read('policy', written);
  const policy = compile(yaml, `cluster/${cluster}`);
  const warnings = lintPolicies({ policies: [{ policy, isList: Array.isArray(yaml.data) }] });
  return {
    policy,
    warnings: warnings.slice(0, mostFaults).map((one) => locateFault(one, yaml.place)),
    ...(tests === undefined ? {} : { tests: runTests(yaml, tests) }),
  };
}

function serve(start: WhatIfStart): void {
  const { policy, ...examined } = examine(start);
  const policies = [policy];
  const replayer = createReplayer({
    proposal: {
      policiesFor: (cluster) => (cluster === start.cluster ? policies : 'other'),
      refusesUser: () => false,
    },
    evaluate: createRecordedEvaluator(),
    tally: createTally({ examples }),
    seen: createSeenIds(),
    since: undefined,
    until: undefined,
  });
  parentPort?.on('message', (request: WhatIfRequest) => {
    if ('end' in request) return answer({ result: replayer.result() });
    replayer.take(request.events);
    answer({});
  });
  answer(examined);
}

try {
  serve(workerData as WhatIfStart);
} catch (error) {
  if (!(error instanceof Faulty)) throw error;
  answer({ faults: error.message });
}
