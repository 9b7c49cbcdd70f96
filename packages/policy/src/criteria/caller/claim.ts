import type { CompileContext } from '../../language/criterion.ts';
import { definition } from '../../language/json-schema.ts';
import { eitherSpelling, foldData, foldWholeAddress } from '../../matchers/address-matcher.ts';
import { compileDataPath } from '../../matchers/data-path.ts';
import { compileListMatcher, type ListMatcher } from '../../matchers/list-matcher.ts';
import { createPlainCriterion } from '../plain/plain-criterion.ts';

const fold = (value: unknown) => (typeof value === 'string' && value.includes('@') ? foldWholeAddress(value) : value);

/** Also matches other spellings of the addresses in a claim such as `preferred_username`. */
function matchAddresses(asWritten: ListMatcher, data: unknown, context: CompileContext): ListMatcher {
  const folded = compileListMatcher(foldData(data), context.path, context.faults, { scalars: true }) ?? asWritten;
  return eitherSpelling(asWritten, (left) => folded(Array.isArray(left) ? left.map(fold) : fold(left)), context);
}

/**
 * List matcher over a claim of the caller, `claim/<path>`. A claim with a single value counts as a list of one. User
 * claims take precedence over session claims.
 */
export const claim = createPlainCriterion({
  name: 'claim',
  ofCaller: true,
  ofPerson: true,
  takesSubpath: true,
  doc: {
    summary:
      'Holds if the claim named after the slash matches. In the path, both `.` and `/` refer to nested claims. A claim whose own name contains them takes precedence. ' +
      'A claim of the user hides the same claim of the session. Numbers and booleans equal only numbers and booleans. Matching is case-sensitive, except that a deny ignores the case of values with an `@`, as `email` does.',
    data: 'list matcher over strings, numbers and booleans',
    example: 'engineering',
    exampleKey: 'claim/department',
    source: 'Pomerium',
  },
  schema: definition('claimMatcher'),
  value: (input, subpath) => compileDataPath(subpath)(input.user?.claims, input.session?.claims),
  compile(data, subpath, context) {
    const { path, faults, warnings } = context;
    const asWritten = compileListMatcher(data, path, faults, { scalars: true });
    if (!asWritten) return undefined;
    const matches =
      context.action === 'deny' && JSON.stringify(data).includes('@')
        ? matchAddresses(asWritten, data, context)
        : asWritten;
    if (subpath === '')
      warnings.add(path, 'names no claim, so it never matches one', {
        code: 'never-holds',
        hint: 'add the name of the claim after a slash, as in claim/department',
      });
    if (subpath.split(/[./]/).includes('__proto__'))
      warnings.add(path, 'refers to no claim, so the value is always missing', { code: 'never-holds' });
    const find = compileDataPath(subpath);
    return (input) => matches(find(input.user?.claims, input.session?.claims));
  },
});
