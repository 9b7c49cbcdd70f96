import { isPlainObject } from '../../document/plain-object.ts';
import { isLoggedIn } from '../../input/policy-input.ts';
import type { Criterion } from '../../language/criterion.ts';
import { fail } from '../../language/verdict.ts';

const deviceUnauthenticated = fail('device-unauthenticated');
const unauthenticated = fail('user-unauthenticated');
const types: Readonly<Record<string, string>> = { is: 'string', approved: 'boolean', type: 'string' };

/** Compiles but never holds, because Sallyport does not enroll devices. */
export const device: Criterion = {
  name: 'device',
  doc: {
    summary:
      'Never holds, because Sallyport does not enroll devices. It compiles with a warning, so that you need not change an existing policy. A user who is logged in gets a refusal, not a prompt to enroll.',
    data: 'mapping of `is` (string), `approved` (boolean), `type` (string)',
    example: { type: 'any' },
    source: 'Pomerium',
    reasons: ['device-unauthenticated', 'user-unauthenticated'],
  },
  schema: {
    type: 'object',
    properties: { is: { type: 'string' }, approved: { type: 'boolean' }, type: { type: 'string' } },
    additionalProperties: false,
  },
  compile(data, _subpath, { path, faults, warnings }) {
    if (!isPlainObject(data)) return faults.addKind(path, 'a mapping of is, approved, type', data);
    const before = faults.size;
    for (const [key, value] of Object.entries(data)) {
      const type = Object.hasOwn(types, key) ? types[key] : undefined;
      if (type === undefined) faults.addUnknown([...path, key], 'device matcher', key, Object.keys(types));
      else if (typeof value !== type) faults.addKind([...path, key], `a ${type}`, value);
    }
    if (faults.size > before) return undefined;
    warnings.add(
      path,
      'never holds: Sallyport does not enroll devices, so a rule that requires one refuses every request',
      { code: 'never-holds' },
    );
    return (input) => (isLoggedIn(input) ? deviceUnauthenticated : unauthenticated);
  },
};
