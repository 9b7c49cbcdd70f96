import { FaultList, type FaultPath, type PolicyFault } from '../document/fault-list.ts';
import { isPlainObject } from '../document/plain-object.ts';
import { checkBounds } from '../document/run-steps.ts';
import { parseDate } from './parse-date.ts';
import type { PolicyInput } from './policy-input.ts';

/** `warnings` lists unknown members, each with the nearest known one. */
export type ReadPolicyInputResult =
  | { readonly ok: true; readonly input: PolicyInput; readonly warnings: readonly PolicyFault[] }
  | { readonly ok: false; readonly faults: readonly PolicyFault[] };

type Lists = { readonly faults: FaultList; readonly warnings: FaultList };
type Read = (value: unknown, path: FaultPath, lists: Lists) => unknown;

function ofType(type: 'string' | 'boolean'): Read {
  return (value, path, { faults }) => {
    return typeof value === type ? value : faults.addKind(path, `a ${type}`, value);
  };
}
const text = ofType('string');
const flag = ofType('boolean');

const texts: Read = (value, path, lists) => {
  if (Array.isArray(value)) return value.map((item: unknown, index) => text(item, [...path, index], lists));
  return lists.faults.addKind(path, 'a list of strings', value);
};

const mapping: Read = (value, path, { faults }) =>
  isPlainObject(value) ? value : faults.addKind(path, 'a mapping', value);

/**
 * Keeps header names as they are. A header that was sent more than once is a list, which is joined as in HTTP (RFC
 * 9110, 5.3).
 */
const headers: Read = (value, path, lists) => {
  const all = mapping(value, path, lists) as Record<string, unknown> | undefined;
  if (!all) return undefined;
  return Object.fromEntries(
    Object.entries(all).map(([name, item]) => {
      const read = Array.isArray(item)
        ? (texts(item, [...path, name], lists) as string[]).join(', ')
        : text(item, [...path, name], lists);
      return [name, read];
    }),
  );
};

/** Milliseconds since the epoch, or a string as the criterion `date` takes it. */
const moment: Read = (value, path, { faults }) => {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  const parsed = typeof value === 'string' ? parseDate(value) : undefined;
  return parsed ?? faults.add(path, 'must be milliseconds since 1970 or a time such as 2026-03-01T12:00:00Z');
};

/** Reads the given members. Null counts as missing. */
function shape(members: Readonly<Record<string, Read>>): Read {
  const names = Object.keys(members);
  return (value, path, lists) => {
    const all = mapping(value, path, lists) as Record<string, unknown> | undefined;
    if (!all) return undefined;
    const entries: [string, unknown][] = [];
    for (const [name, item] of Object.entries(all)) {
      if (!Object.hasOwn(members, name)) lists.warnings.addUnknown([...path, name], 'member', name, names);
      else if (item !== null && item !== undefined) entries.push([name, members[name]!(item, [...path, name], lists)]);
    }
    return Object.fromEntries(entries);
  };
}

/** Someone on call: a name, or a mapping that also says until when. */
const onCallUser: Read = (value, path, lists) =>
  typeof value === 'string' ? { user: value } : shape({ user: text, until: moment })(value, path, lists);
const onCallUsers: Read = (value, path, lists) => {
  if (Array.isArray(value)) return value.map((one: unknown, index) => onCallUser(one, [...path, index], lists));
  return lists.faults.addKind(path, 'a list of users', value);
};
/** A list as a file has it (`{users: [...]}`), or only its users. */
const onCallList: Read = (value, path, lists) =>
  Array.isArray(value)
    ? { users: onCallUsers(value, path, lists) }
    : shape({ users: onCallUsers, knownUntil: moment })(value, path, lists);
const onCall: Read = (value, path, lists) => {
  const all = mapping(value, path, lists) as Record<string, unknown> | undefined;
  return (
    all && Object.fromEntries(Object.entries(all).map(([name, one]) => [name, onCallList(one, [...path, name], lists)]))
  );
};

const clientCertificate = shape({ presented: flag, leaf: text, intermediates: text, valid: flag });
const exec = shape({ container: text, command: texts, tty: flag, stdin: flag });
const readInput = shape({
  user: shape({ id: text, email: text, groups: texts, claims: mapping }),
  session: shape({ id: text, claims: mapping, acr: text, amr: texts, authTime: moment }),
  request: shape({ method: text, path: text, host: text, ip: text, headers, clientCertificate }),
  kubernetes: shape({
    cluster: text,
    verb: text,
    requestVerb: text,
    isResourceRequest: flag,
    path: text,
    apiGroup: text,
    apiVersion: text,
    resource: text,
    subresource: text,
    namespace: text,
    name: text,
    labelSelector: text,
    fieldSelector: text,
    dryRun: flag,
    namespaced: flag,
    aggregated: flag,
    upsert: flag,
    upgrade: flag,
    impersonate: texts,
    exec,
  }),
  elevations: texts,
  onCall,
  serviceAccount: text,
  records: mapping,
  now: moment,
});

/**
 * Reads an input document, such as the one for `policy eval`. Everything is optional. Faults contain paths, never
 * values.
 */
export function readPolicyInput(document: unknown): ReadPolicyInputResult {
  const lists = { faults: new FaultList(), warnings: new FaultList() };
  let input: unknown;
  try {
    const problem = checkBounds(document);
    if (problem) lists.faults.add([], problem);
    else input = readInput(document, [], lists);
  } catch {
    lists.faults.add([], 'cannot be read');
  }
  if (lists.faults.size > 0) return { ok: false, faults: lists.faults.list() };
  return { ok: true, input: input as PolicyInput, warnings: lists.warnings.list() };
}
