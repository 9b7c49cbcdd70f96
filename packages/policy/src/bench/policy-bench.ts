// Measures the engine alone: the time and garbage of an evaluation, and how long compiling takes and blocks other work.
// Run: node packages/policy/src/bench/policy-bench.ts
import { setImmediate as nextTurn } from 'node:timers/promises';
import { compilePolicy, compilePolicySliced } from '../compile/compile-policy.ts';
import { policyVersion } from '../compile/policy-version.ts';
import { evaluatePolicy } from '../evaluate/evaluate-policy.ts';
import type { PolicyInput } from '../input/policy-input.ts';
import type { CompiledPolicy } from '../language/compiled-policy.ts';

/** Returns a rule like those that a platform team writes for each of many teams. */
function rule(team: number): unknown {
  const kinds = [
    {
      allow: {
        and: [
          { groups: `team-${team}` },
          { 'k8s/namespace': { starts_with: `team-${team}-` } },
          { 'k8s/verb': ['get', 'list', 'watch'] },
        ],
      },
    },
    {
      allow: {
        and: [
          { groups: { has: `team-${team}-admins` } },
          { 'k8s/namespace': `team-${team}-dev` },
          { 'k8s/resource': ['pods/exec', 'pods/log', 'deployments.apps'] },
        ],
      },
    },
    {
      deny: {
        and: [{ 'k8s/namespace': `team-${team}-prod` }, { 'k8s/shell_equivalent': true }],
        nor: [{ authenticated_user: true }],
      },
    },
    { allow: { or: [{ email: `lead-${team}@example.com` }, { 'claim/department': `department-${team}` }] } },
  ];
  return kinds[team % kinds.length];
}

const rules = (count: number, from = 0) => Array.from({ length: count }, (_none, index) => rule(from + index));

function compile(document: unknown, scope: string): CompiledPolicy {
  const compiled = compilePolicy(document, { scope });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults.slice(0, 3)));
  return compiled.policy;
}

function request(team: number, cluster: string): PolicyInput {
  return {
    session: { id: 's' },
    user: {
      id: 'alice@example.com',
      email: 'alice@example.com',
      groups: ['everyone', 'developers', `team-${team}`, 'on-call'],
      claims: { department: 'engineering' },
    },
    request: {
      method: 'GET',
      path: `/api/v1/namespaces/team-${team}-dev/pods`,
      host: 'gate.example.com',
      ip: '10.1.2.3',
    },
    kubernetes: {
      cluster,
      verb: 'list',
      requestVerb: 'list',
      isResourceRequest: true,
      path: `/api/v1/namespaces/team-${team}-dev/pods`,
      apiGroup: '',
      apiVersion: 'v1',
      resource: 'pods',
      subresource: '',
      namespace: `team-${team}-dev`,
      name: '',
    },
    now: 1_772_366_400_000,
  };
}

const cpuNs = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) * 1000;
};

/** Returns the bytes of garbage per call, over so few calls that the garbage collector does not run. */
function garbage(call: (index: number) => string, calls: number): number {
  let least = Infinity;
  for (let run = 0; run < 20; run += 1) {
    const before = process.memoryUsage().heapUsed;
    for (let index = 0; index < calls; index += 1) call(index);
    const grown = (process.memoryUsage().heapUsed - before) / calls;
    if (grown > 0) least = Math.min(least, grown);
  }
  return Math.round(least);
}

/** Returns the CPU time of this thread per call: the best of several runs, because other work uses the machine too. */
function measure(name: string, calls: number, call: (index: number) => string) {
  for (let index = 0; index < calls; index += 1) call(index);
  let best = Infinity;
  let allowed = 0;
  for (let run = 0; run < 15; run += 1) {
    const start = cpuNs();
    for (let index = 0; index < calls; index += 1) if (call(index) === 'allow') allowed += 1;
    best = Math.min(best, (cpuNs() - start) / calls);
  }
  return {
    what: name,
    'CPU ns each': Math.round(best),
    'bytes each': garbage(call, Math.min(calls, 1000)),
    'share allowed': allowed / 15 / calls,
  };
}

async function compileTimes() {
  const document = rules(10_000);
  const rows = [];
  for (let run = 0; run < 3; run += 1) {
    const start = performance.now();
    compile(document, 'global');
    const once = performance.now() - start;
    let longest = 0;
    let turn = cpuNs();
    const pause = async () => {
      longest = Math.max(longest, (cpuNs() - turn) / 1e6);
      await nextTurn();
      turn = cpuNs();
    };
    const slicedStart = performance.now();
    await compilePolicySliced(document, { scope: 'global', pause });
    const sliced = performance.now() - slicedStart;
    const versionStart = performance.now();
    policyVersion({ global: document });
    rows.push({
      '10,000 rules': `run ${run + 1}`,
      'at once ms': Math.round(once),
      'in slices ms': Math.round(sliced),
      'longest slice CPU ms': Math.round(longest * 10) / 10,
      'version ms': Math.round(performance.now() - versionStart),
    });
  }
  return rows;
}

const twenty = [compile(rules(20), 'cluster/dev')];
const clusters = Array.from({ length: 1000 }, (_none, index) => [compile(rules(10, index * 10), `cluster/c${index}`)]);
const requests = clusters.map((_policies, index) => request(index * 10, `c${index}`));
const big = [compile(rules(10_000), 'global')];
const expression = [
  compile(
    { allow: { or: [{ expression: 'kubernetes.namespace.startsWith("team-") && "on-call" in user.groups' }] } },
    'cluster/dev',
  ),
];
const one = request(4, 'dev');

console.table([
  measure('20 rules, one cluster', 100_000, () => evaluatePolicy(twenty, one).effect),
  measure(
    '10,000 rules over 1,000 clusters',
    100_000,
    (index) => evaluatePolicy(clusters[index % 1000]!, requests[index % 1000]!).effect,
  ),
  measure('10,000 rules in one list', 50, () => evaluatePolicy(big, one).effect),
  measure('one expression', 20_000, () => evaluatePolicy(expression, one).effect),
]);
console.table(await compileTimes());
