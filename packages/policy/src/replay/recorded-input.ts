import type { PolicyInput } from '../input/policy-input.ts';
import { fields, type Field } from './fields.ts';
import type { RecordedRequest } from './recorded-request.ts';

/** The fields that were read since the last reset, and those of them that the event does not record, as bits. */
export type Watch = { read: number; missing: number };

/** The members of a recorded request that have a field under another name. Those of `kubernetes` have the same. */
const renamed: { [name in Field]?: keyof RecordedRequest } = {
  'user.id': 'user',
  'user.email': 'email',
  'user.groups': 'groups',
  'session.id': 'sessionId',
  'request.method': 'method',
  path: 'path',
  'request.ip': 'ip',
  now: 'now',
};
/**
 * Where an input has a field that is not at one place under its own name. Who was on call is recorded as little as who
 * had which elevation, and there are bits for 32 fields.
 */
const places: { [name in Field]?: readonly string[] } = {
  claims: ['user.claims', 'session.claims'],
  path: ['request.path', 'kubernetes.path'],
  elevations: ['elevations', 'onCall'],
};
/** The members of recorded requests, by the bit of their field. Fields without one are never recorded. */
const members = fields.map(
  (field) => renamed[field] ?? (/^kubernetes\.(.*)/.exec(field)?.[1] as keyof RecordedRequest | undefined),
);
const accessors = fields.flatMap((field, index) =>
  (places[field] ?? [field]).map((place) => ({ index, parts: place.split('.') })),
);

const valueOf = (request: RecordedRequest, index: number): unknown => {
  const member = members[index];
  return member === undefined ? undefined : request[member];
};

/** Returns a key that two requests share only if these fields have the same values, or are missing, in both. */
export function requestKey(request: RecordedRequest, mask: number): string {
  let key = String(request.missing & mask);
  for (let index = 0; index < fields.length; index += 1)
    if ((mask & (1 << index)) !== 0) key += `|${JSON.stringify(valueOf(request, index))}`;
  return key;
}

/**
 * Returns a recorded request as an input for a policy. Every field that is read is noted. A missing field is therefore
 * detected where it is read, whatever the criteria are, and is never taken to be empty.
 */
export function recordedInput(request: RecordedRequest, watch: Watch): PolicyInput {
  const input: Record<string, object> = { user: {}, session: {}, request: {}, kubernetes: {} };
  // Own accessors, not those of a prototype: code that copies the object reads, and so notes, all of them.
  for (const { index, parts } of accessors) {
    const get = () => {
      watch.read |= 1 << index;
      watch.missing |= (1 << index) & request.missing;
      return valueOf(request, index);
    };
    const owner = parts.length === 1 ? input : input[parts[0]!]!;
    Object.defineProperty(owner, parts.at(-1)!, { enumerable: true, get });
  }
  return input as PolicyInput;
}
