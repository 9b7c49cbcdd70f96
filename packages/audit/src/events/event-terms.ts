import { hash } from 'node:crypto';
import { auditEventTypes, type AuditEventType } from '@sallyport/contracts';

/**
 * Events are found by terms: the hash of the name of a field and its value, in 32 bits. The store combines each with the
 * block of the event (see `find-statement.ts`). Different values may have one term, so events that are found are compared
 * with the value itself.
 */
const known = new Map<string, Map<string | number, number>>();
/** The maximum number of terms that are kept for each field. */
const maxKnown = 10_000;

/** Returns the term of a value. */
export function termOf(field: string, value: string | number): number {
  let ofField = known.get(field);
  if (!ofField) known.set(field, (ofField = new Map()));
  const seen = ofField.get(value);
  if (seen !== undefined) return seen;
  const term = hash('sha256', `${field}:${value}`, 'buffer').readUInt32BE(0);
  if (ofField.size >= maxKnown) ofField.clear();
  ofField.set(value, term);
  return term;
}

/** All commands together have 4,096 different terms from here, so a long command cannot cause any number of them. */
const commandBase = 0xc0de0000;

/** Returns the terms of all sequences of `length` characters in a command. */
function sequenceTerms(command: string, length: number): number[] {
  const terms = new Set<number>();
  for (let at = 0; at + length <= command.length; at += 1) {
    let sequence = length;
    for (let next = at; next < at + length; next += 1) sequence = Math.imul(sequence, 31) + command.charCodeAt(next);
    terms.add(commandBase + (Math.imul(sequence, 0x9e3779b1) >>> 20));
  }
  return [...terms];
}

const sequenceLengths = [1, 2, 3];

/** Returns the terms of a command: of its sequences of up to three characters. */
const commandTermsOf = (command: string): number[] =>
  sequenceLengths.flatMap((length) => sequenceTerms(command, length));

/** Returns the terms that every command with a text in it has. */
export const searchedCommandTerms = (text: string): number[] =>
  sequenceTerms(text, Math.min(text.length, sequenceLengths.at(-1)!));

/** The term of an event that belongs to no cluster. */
export const noCluster = termOf('has', 'no-cluster');

/** The term of a request over HTTP that is not routine. Any other event shows by its type whether it can be routine. */
const notRoutineCall = termOf('has', 'not-routine');
const mayBeRoutine: ReadonlySet<AuditEventType> = new Set(['http.request', 'audit.checkpoint', 'audit.reservation']);
/** The terms of which every event that is not routine has at least one. */
export const notRoutineTerms: readonly number[] = [
  notRoutineCall,
  ...auditEventTypes.filter((type) => !mayBeRoutine.has(type)).map((type) => termOf('type', type)),
];

/** The condition, in the block of the event, that it is not routine. Most events meet it, so no index is asked for it. */
export const isNotRoutine = `(type <> all (array[${[...mayBeRoutine].map((type) => `'${type}'`).join(', ')}])
  or terms @> array[(given.block << 32) | ${notRoutineCall}])`;

/** The fields that have a term, and their columns. */
export const termColumns = {
  user: 'username',
  issuer: 'issuer',
  subject: 'subject',
  session: 'session',
  cluster: 'cluster',
  namespace: 'namespace',
  resource: 'resource',
  subresource: 'subresource',
  name: 'name',
  verb: 'verb',
  type: 'type',
  stage: 'stage',
  effect: 'effect',
  rule: 'rule',
  address: 'address',
  code: 'code',
} as const;

const termFields = Object.entries(termColumns);

/** The prefix of a session that has a term. */
export const sessionPrefixLength = 4;

const maxGroups = 1000;

/** What an event is found by that is not a column. */
type WithoutColumn = {
  groups: readonly string[];
  agent: readonly string[];
  rules: readonly string[];
  workload: string | undefined;
  routine: boolean;
};

/** Returns the terms of a row, whose values are in the form in which they can be searched. */
export function termsOf(row: Record<string, unknown>, more: WithoutColumn): number[] {
  const { groups, agent, rules, workload, routine } = more;
  const terms = new Set<number>();
  for (const [field, column] of termFields) {
    const value = row[column];
    if (typeof value === 'string' || typeof value === 'number') terms.add(termOf(field, value));
  }
  if (typeof row.session === 'string') terms.add(termOf('session4', row.session.slice(0, sessionPrefixLength)));
  if (row.cluster === null) terms.add(noCluster);
  if (row.type === 'http.request' && !routine) terms.add(notRoutineCall);
  for (const reason of (row.reasons ?? []) as string[]) terms.add(termOf('reason', reason));
  for (const value of (row.elevation ?? []) as string[]) terms.add(termOf('elevation', value));
  for (const group of groups.slice(0, maxGroups)) terms.add(termOf('group', group));
  for (const value of agent) terms.add(termOf('agent', value));
  for (const value of rules) terms.add(termOf('rule', value));
  if (workload !== undefined) terms.add(termOf('workload', workload));
  if (typeof row.command === 'string') for (const term of commandTermsOf(row.command)) terms.add(term);
  return [...terms];
}
