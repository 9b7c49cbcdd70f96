import { quoteName } from '../../document/nearest-name.ts';
import { isPlainObject } from '../../document/plain-object.ts';
import type { CompileContext } from '../../language/criterion.ts';

/** `after` and `before`, if given. The compared time must be strictly between them. */
type Bounds = { readonly after: number; readonly before: number };

type BoundsOptions = {
  readonly parse: (text: string) => number | undefined;
  /** What a bound is, for messages. */
  readonly what: string;
  readonly example: string;
  /** Members other than after and before. */
  readonly others?: readonly string[];
};

function compileBound(
  name: string,
  data: unknown,
  { path, faults }: CompileContext,
  { parse, what, example }: BoundsOptions,
): number | undefined {
  if (typeof data !== 'string')
    return faults.addKind([...path, name], what, data, `write it in quotes, as '${example}'`);
  const bound = parse(data);
  if (bound === undefined) faults.add([...path, name], `${quoteName(data)} is not ${what}`, `write it as ${example}`);
  return bound;
}

/** Compiles the mapping of after and before. Returns undefined after reporting a fault. */
export function compileBounds(data: unknown, context: CompileContext, options: BoundsOptions): Bounds | undefined {
  const { path, faults, warnings } = context;
  const names = [...(options.others ?? []), 'after', 'before'];
  if (!isPlainObject(data)) return faults.addKind(path, `a mapping of ${names.join(', ')}`, data);
  const start = faults.size;
  faults.addUnknownKeys(path, 'member', data, names);
  if (!Object.hasOwn(data, 'after') && !Object.hasOwn(data, 'before')) faults.add(path, 'needs after or before');
  const after = Object.hasOwn(data, 'after') ? compileBound('after', data.after, context, options) : -Infinity;
  const before = Object.hasOwn(data, 'before') ? compileBound('before', data.before, context, options) : Infinity;
  if (after === undefined || before === undefined || faults.size > start) return undefined;
  if (after >= before)
    warnings.add(path, 'never holds, because after is not earlier than before', {
      code: 'never-holds',
      hint: 'write two criteria under or',
    });
  return { after, before };
}
