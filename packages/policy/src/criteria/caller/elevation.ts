import { definition } from '../../language/json-schema.ts';
import { readNames } from '../../matchers/string-matcher.ts';
import { createPlainCriterion } from '../plain/plain-criterion.ts';

/** Holds while the caller has an elevation of this name, or of one of these names. */
export const elevation = createPlainCriterion({
  name: 'elevation',
  ofCaller: true,
  doc: {
    summary: 'Holds while the caller has the elevation of this name, or one of several.',
    data: 'the name of an elevation, or a list of names',
    example: 'prod-admin',
    source: 'Sallyport',
  },
  schema: definition('textOrList'),
  value: (input) => input.elevations,
  compile(data, _subpath, { path, faults }) {
    const names = readNames(data, 'an elevation', path, faults);
    if (!names) return undefined;
    return ({ elevations: held }) => {
      if (!Array.isArray(held)) return false;
      for (let index = 0; index < names.length; index += 1) if (held.includes(names[index]!)) return true;
      return false;
    };
  },
});
