import { kindOf } from '../../compile/plain-object.ts';
import type { CompileContext } from '../../language/criterion.ts';
import { readStrings } from '../../matchers/string-matcher.ts';

/** Reports data that is neither a string nor a list of strings. */
export function checkTexts(data: unknown, { path, faults }: CompileContext): void {
  if (Array.isArray(data)) readStrings(data, path, faults);
  else if (typeof data !== 'string') faults.add(path, `must be a string or a list of strings, not ${kindOf(data)}`);
}
