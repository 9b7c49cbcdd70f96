import { nearestName, quoteName } from '../../document/nearest-name.ts';
import { isPlainObject, kindOf } from '../../document/plain-object.ts';
import { isLoggedIn } from '../../input/policy-input.ts';
import type { Criterion } from '../../language/criterion.ts';
import { fail } from '../../language/verdict.ts';

const deviceUnauthenticated = fail('device-unauthenticated');
const unauthenticated = fail('user-unauthenticated');
const types: Readonly<Record<string, string>> = { is: 'string', approved: 'boolean', type: 'string' };
const names = Object.keys(types);

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
    if (!isPlainObject(data)) {
      faults.add(path, `must be a mapping of is, approved, type, not ${kindOf(data)}`);
      return undefined;
    }
    const before = faults.size;
    for (const key of Object.keys(data)) {
      const type = Object.hasOwn(types, key) ? types[key] : undefined;
      if (type === undefined)
        faults.add(
          [...path, key],
          `unknown device matcher ${quoteName(key)}`,
          () => `did you mean ${nearestName(key, names)}?`,
        );
      else if (typeof data[key] !== type) faults.add([...path, key], `must be a ${type}, not ${kindOf(data[key])}`);
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
