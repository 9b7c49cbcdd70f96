import { nearestName, quoteName } from '../../compile/nearest-name.ts';
import { isPlainObject, kindOf } from '../../compile/plain-object.ts';
import type { Criterion } from '../../language/criterion.ts';
import { fail } from '../../language/verdict.ts';
import { isLoggedIn } from '../common/is-logged-in.ts';

const deviceUnauthenticated = fail('device-unauthenticated');
const unauthenticated = fail('user-unauthenticated');
const types: Readonly<Record<string, string>> = { is: 'string', approved: 'boolean', type: 'string' };
const names = Object.keys(types);

/** Loads, and never holds: no device is ever enrolled here. */
export const device: Criterion = {
  name: 'device',
  doc: {
    summary:
      'Never holds: Sallyport enrols no devices. It loads with a warning, so that an existing policy need not be changed; whoever is logged in gets a refusal, not a prompt to enrol.',
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
      faults.add(path, `must be a mapping of is, approved, type, is ${kindOf(data)}`);
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
      else if (typeof data[key] !== type) faults.add([...path, key], `must be a ${type}, is ${kindOf(data[key])}`);
    }
    if (faults.size > before) return undefined;
    warnings.add(path, 'never holds: no device is enrolled here, and a rule that asks for one answers with a refusal');
    return (input) => (isLoggedIn(input) ? deviceUnauthenticated : unauthenticated);
  },
};
