import { isMapping } from '../../input/untrusted.ts';
import type { ConfigFault, PolicyInput } from '../../config/gateway-config.ts';
import { caseInput, isShort, notOfRoute, shortMembers } from './case-input.ts';
import type { PolicyTools } from '../../config/load-gateway-config.ts';

/** What a case expects. An absent member matches anything. */
export type Expectation = { effect: 'allow' | 'deny' | 'authenticate'; rule?: string; reasons?: readonly string[] };
export type PolicyCase = { name: string; line: number; input: PolicyInput; expect: Expectation };
/** A file of test cases: the path of the policy or configuration, as written, and the cases. */
export type CaseFile = { policy?: string; config?: string; scope: string; cases: PolicyCase[] };

type Fields = Record<string, unknown>;
type Path = (string | number)[];
type Fault = { path: Path; message: string; hint?: string };
type Place = (path: readonly PropertyKey[]) => { line: number; column: number } | undefined;

const effects = ['allow', 'deny', 'authenticate'] as const;
function unknownMembers(
  fields: Fields,
  path: Path,
  known: readonly string[],
  tools: Pick<PolicyTools, 'nearestName'>,
): Fault[] {
  return Object.keys(fields)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const near = tools.nearestName(name, known);
      return {
        path: [...path, name],
        message: 'unknown field',
        hint: near === undefined ? `one of ${known.join(', ')}` : `did you mean ${near}?`,
      };
    });
}

function readExpectation(value: unknown, path: Path, faults: Fault[], tools: PolicyTools): Expectation | undefined {
  const whole = isMapping(value) ? value : { effect: value };
  if (isMapping(value)) faults.push(...unknownMembers(value, path, ['effect', 'rule', 'reasons'], tools));
  const at = isMapping(value) ? [...path, 'effect'] : path;
  const effect = effects.find((one) => one === whole.effect);
  if (effect === undefined) faults.push({ path: at, message: 'must be allow, deny or authenticate' });
  const { rule, reasons } = whole as Fields;
  if (rule !== undefined && typeof rule !== 'string')
    faults.push({ path: [...path, 'rule'], message: 'must be the name of a rule, such as cluster/dev[0].allow.and' });
  const bad =
    reasons !== undefined && (!Array.isArray(reasons) || reasons.some((reason) => typeof reason !== 'string'));
  if (bad) faults.push({ path: [...path, 'reasons'], message: 'must be a list of reasons, such as groups-ok' });
  if (effect === undefined || bad || (rule !== undefined && typeof rule !== 'string')) return undefined;
  return {
    effect,
    ...(rule === undefined ? {} : { rule }),
    ...(reasons === undefined ? {} : { reasons: reasons as string[] }),
  };
}

const flatMembers = [...shortMembers.filter((name) => name !== 'name'), 'resourceName'];

/**
 * Reads the input of a case: the long form, the short form, or the members of the short form next to those of the case.
 */
function readInput(fields: Fields, path: Path, faults: Fault[], tools: PolicyTools): PolicyInput | undefined {
  const nested = fields.input;
  if (nested !== undefined && !isMapping(nested)) {
    faults.push({ path: [...path, 'input'], message: 'must be a mapping' });
    return undefined;
  }
  const { name: _name, expect: _expect, input: _input, resourceName, ...flat } = fields;
  const base: Path = nested ? [...path, 'input'] : path;
  const short = nested === undefined ? { ...flat, name: resourceName } : isShort(nested) ? nested : undefined;
  if (short && nested) faults.push(...unknownMembers(nested, base, shortMembers, tools));
  for (const name of short ? notOfRoute(short) : [])
    faults.push({
      path: [...base, name === 'name' && nested === undefined ? 'resourceName' : name],
      message: 'is about requests to a cluster, and this case is about a web application (route)',
    });
  const read = tools.readPolicyInput(short ? caseInput(short) : nested);
  if (!read.ok)
    faults.push(
      ...read.faults.map((fault) => ({
        ...fault,
        path: [...base, ...(short ? [shortNameOf(fault.path, nested === undefined)] : fault.path)],
      })),
    );
  else if (!short) faults.push(...read.warnings.map((fault) => ({ ...fault, path: [...base, ...fault.path] })));
  return read.ok ? read.input : undefined;
}

function readCase(
  value: unknown,
  index: number,
  faults: Fault[],
  tools: PolicyTools,
): Omit<PolicyCase, 'line'> | undefined {
  const path: Path = ['cases', index];
  if (!isMapping(value)) {
    faults.push({ path, message: 'must be a mapping with name, input (or user, groups, verb, ...) and expect' });
    return undefined;
  }
  faults.push(
    ...unknownMembers(value, path, ['name', 'expect', ...(value.input === undefined ? flatMembers : ['input'])], tools),
  );
  if (value.expect === undefined)
    faults.push({ path, message: 'has no expectation', hint: 'add expect: allow, deny or authenticate' });
  if (value.name !== undefined && typeof value.name !== 'string')
    faults.push({ path: [...path, 'name'], message: 'must be a string' });
  const expect =
    value.expect === undefined ? undefined : readExpectation(value.expect, [...path, 'expect'], faults, tools);
  const input = readInput(value, path, faults, tools);
  return input && expect
    ? { name: typeof value.name === 'string' ? value.name : `case ${index + 1}`, input, expect }
    : undefined;
}

/** Returns the member of the short form that a path in the long form stands for. */
function shortNameOf(path: readonly (string | number)[], flat: boolean): string {
  const [first, second] = path.map(String);
  if (first === 'user' && second === 'id') return 'user';
  if (first === 'request' && second === 'host') return 'route';
  if (flat && first === 'kubernetes' && second === 'name') return 'resourceName';
  return second === undefined ? (first ?? '') : second === 'exec' ? 'command' : second;
}

/** Parses a file of test cases. A file without cases is a fault, because it would test nothing. */
export function readCases(
  text: string,
  tools: PolicyTools,
): { ok: true; file: CaseFile } | { ok: false; faults: ConfigFault[] } {
  const read = tools.readYaml(text);
  if (!read.ok) return read;
  const place: Place = read.yaml.place;
  const { data } = read.yaml;
  if (!isMapping(data))
    return {
      ok: false,
      faults: [{ path: '', message: 'must be a mapping with policy (or config) and cases', line: 1, column: 1 }],
    };
  const faults: Fault[] = unknownMembers(data, [], ['policy', 'config', 'scope', 'cases'], tools);
  const { policy, config, scope = 'policy', cases } = data;
  if ((policy === undefined) === (config === undefined))
    faults.push({
      path: policy === undefined ? [] : ['config'],
      message: 'must have either policy (a policy document) or config (a sallyport.yaml)',
    });
  for (const [name, value] of Object.entries({ policy, config, scope }))
    if (value !== undefined && typeof value !== 'string') faults.push({ path: [name], message: 'must be a string' });
  if (!Array.isArray(cases) || cases.length === 0)
    faults.push({ path: ['cases'], message: 'contains no case', hint: 'add at least one' });
  const found = Array.isArray(cases) ? cases.map((one: unknown, index) => readCase(one, index, faults, tools)) : [];
  if (faults.length > 0)
    return {
      ok: false,
      faults: faults.map((fault) => tools.locateFault(fault, (path) => place(path) ?? { line: 1, column: 1 })),
    };
  const all = found.map((one, index) => ({ ...one!, line: place(['cases', index])?.line ?? 1 }));
  return {
    ok: true,
    file: {
      ...(typeof policy === 'string' ? { policy } : { config: config as string }),
      scope: scope as string,
      cases: all,
    },
  };
}
