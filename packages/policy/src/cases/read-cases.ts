import { FaultList, type FaultPath, type PolicyFault } from '../document/fault-list.ts';
import { closeName } from '../document/nearest-name.ts';
import { isPlainObject } from '../document/plain-object.ts';
import type { PolicyInput } from '../input/policy-input.ts';
import { readPolicyInput } from '../input/read-policy-input.ts';
import { caseInput, isShort, notOfRoute, shortMembers } from './case-input.ts';

/** What a case expects. An absent member matches anything. */
export type Expectation = { effect: 'allow' | 'deny' | 'authenticate'; rule?: string; reasons?: readonly string[] };
export type PolicyCase = { name: string; line: number; input: PolicyInput; expect: Expectation };
/** Test cases, and the path of the policy or configuration that they are for, as written. */
export type CaseFile = { policy?: string; config?: string; scope: string; cases: PolicyCase[] };

/** Where the cases come from. */
export type CaseSource = {
  /** The policy is given apart from the cases. They may name a policy, but no configuration. */
  withPolicy?: boolean;
  /** The most cases that are read. */
  most?: number;
};

type Fields = Record<string, unknown>;
/** A parsed text, and where each value is in it. */
type Parsed = { data: unknown; place: (path: FaultPath) => { line: number } | undefined };

const effects = ['allow', 'deny', 'authenticate'] as const;

function refuseUnknown(fields: Fields, path: FaultPath, known: readonly string[], faults: FaultList): void {
  for (const name of Object.keys(fields).filter((one) => !known.includes(one)))
    faults.add([...path, name], 'unknown field', () => {
      const near = closeName(name, known);
      return near === undefined ? `one of ${known.join(', ')}` : `did you mean ${near}?`;
    });
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

function readExpectation(value: unknown, path: FaultPath, faults: FaultList): Expectation | undefined {
  const isWhole = isPlainObject(value);
  const { effect: written, rule, reasons }: Fields = isWhole ? value : { effect: value };
  if (isWhole) refuseUnknown(value, path, ['effect', 'rule', 'reasons'], faults);
  const effect = effects.find((one) => one === written);
  if (effect === undefined)
    return faults.add(isWhole ? [...path, 'effect'] : path, 'must be allow, deny or authenticate');
  if (rule !== undefined && typeof rule !== 'string')
    return faults.add([...path, 'rule'], 'must be the name of a rule, such as cluster/dev[0].allow.and');
  if (reasons !== undefined && !isTexts(reasons))
    return faults.add([...path, 'reasons'], 'must be a list of reasons, such as groups-ok');
  return { effect, ...(rule === undefined ? {} : { rule }), ...(reasons === undefined ? {} : { reasons }) };
}

const flatMembers = [...shortMembers.filter((name) => name !== 'name'), 'resourceName'];

/** Returns the member of the short form that a path in the long form stands for. */
function shortNameOf(path: FaultPath, isFlat: boolean): string {
  const [first, second] = path.map(String);
  if (first === 'user' && second === 'id') return 'user';
  if (first === 'request' && second === 'host') return 'route';
  if (isFlat && first === 'kubernetes' && second === 'name') return 'resourceName';
  return second === undefined ? (first ?? '') : second === 'exec' ? 'command' : second;
}

/**
 * Reads the input of a case: the long form, the short form, or the members of the short form next to those of the case.
 */
function readInput(fields: Fields, path: FaultPath, faults: FaultList): PolicyInput | undefined {
  const nested = fields.input;
  if (nested !== undefined && !isPlainObject(nested)) return faults.add([...path, 'input'], 'must be a mapping');
  const { name: _name, expect: _expect, input: _input, resourceName, ...flat } = fields;
  const base = nested ? [...path, 'input'] : path;
  const short = nested === undefined ? { ...flat, name: resourceName } : isShort(nested) ? nested : undefined;
  if (short && nested) refuseUnknown(nested, base, shortMembers, faults);
  for (const name of short ? notOfRoute(short) : [])
    faults.add(
      [...base, name === 'name' && nested === undefined ? 'resourceName' : name],
      'is about requests to a cluster, and this case is about a web application (route)',
    );
  const read = readPolicyInput(short ? caseInput(short) : nested);
  const add = ({ path: at, ...fault }: PolicyFault) =>
    faults.add([...base, ...(short ? [shortNameOf(at, nested === undefined)] : at)], fault.message, fault);
  if (!read.ok) {
    read.faults.forEach(add);
    return undefined;
  }
  if (!short) read.warnings.forEach(add);
  return read.input;
}

function readCase(value: unknown, index: number, faults: FaultList): Omit<PolicyCase, 'line'> | undefined {
  const path = ['cases', index];
  if (!isPlainObject(value))
    return faults.add(path, 'must be a mapping with name, input (or user, groups, verb, ...) and expect');
  refuseUnknown(value, path, ['name', 'expect', ...(value.input === undefined ? flatMembers : ['input'])], faults);
  if (value.expect === undefined) faults.add(path, 'has no expectation', 'add expect: allow, deny or authenticate');
  if (value.name !== undefined && typeof value.name !== 'string') faults.add([...path, 'name'], 'must be a string');
  const expect = value.expect === undefined ? undefined : readExpectation(value.expect, [...path, 'expect'], faults);
  const input = readInput(value, path, faults);
  return input && expect
    ? { name: typeof value.name === 'string' ? value.name : `case ${index + 1}`, input, expect }
    : undefined;
}

/** Checks what the cases are for. */
function checkSubject({ policy, config, scope }: Fields, { withPolicy }: CaseSource, faults: FaultList): void {
  if (withPolicy && config !== undefined)
    faults.add(['config'], 'cannot be used here, because the cases test one policy', 'remove it');
  if (!withPolicy && (policy === undefined) === (config === undefined))
    faults.add(
      policy === undefined ? [] : ['config'],
      'must have either policy (a policy document) or config (a sallyport.yaml)',
    );
  for (const [name, value] of Object.entries({ policy, config, scope }))
    if (value !== undefined && typeof value !== 'string') faults.add([name], 'must be a string');
}

/** Reads a file of test cases. One without cases is a fault, because it would test nothing. */
export function readCases(
  { data, place }: Parsed,
  source: CaseSource = {},
): { ok: true; file: CaseFile } | { ok: false; faults: readonly PolicyFault[] } {
  const faults = new FaultList();
  if (!isPlainObject(data)) {
    faults.add([], `must be a mapping with ${source.withPolicy ? '' : 'policy (or config) and '}cases`);
    return { ok: false, faults: faults.list() };
  }
  refuseUnknown(data, [], ['policy', 'config', 'scope', 'cases'], faults);
  checkSubject(data, source, faults);
  const { policy, config, scope = 'policy', cases } = data;
  const { most = Infinity } = source;
  const listed: unknown[] = Array.isArray(cases) ? cases : [];
  if (listed.length === 0) faults.add(['cases'], 'contains no case', 'add at least one');
  if (listed.length > most) faults.add(['cases'], `contains ${listed.length} cases, and at most ${most} are allowed`);
  const found = listed.length > most ? [] : listed.map((one, index) => readCase(one, index, faults));
  if (faults.size > 0) return { ok: false, faults: faults.list() };
  return {
    ok: true,
    file: {
      ...(typeof policy === 'string' ? { policy } : {}),
      ...(typeof config === 'string' ? { config } : {}),
      scope: scope as string,
      cases: found.map((one, index) => ({ ...one!, line: place(['cases', index])?.line ?? 1 })),
    },
  };
}
