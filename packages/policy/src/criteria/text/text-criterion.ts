import type { PolicyInput } from '../../input/policy-input.ts';
import type { CompileContext, Criterion, CriterionDoc } from '../../language/criterion.ts';
import { definition, textOrListData } from '../../language/json-schema.ts';
import { eitherSpelling, foldData, foldWholeAddress } from '../../matchers/address-matcher.ts';
import { compilePathMatcher } from '../../matchers/path-matcher.ts';
import { compileStringMatcher, compileTextOrList, type StringMatcher } from '../../matchers/string-matcher.ts';
import { createPlainCriterion, type PlainCriterion } from '../plain/plain-criterion.ts';

type TextCriterionOptions = Pick<PlainCriterion, 'name' | 'ofCaller' | 'ofPerson'> & {
  /** Returns the string to match; undefined or empty if there is none. */
  readonly read: (input: PolicyInput) => string | undefined;
  /** Whether a bare list of strings means "one of". */
  readonly takesList?: boolean;
  /** The string is an address, or part of one: a deny ignores its case. `where-at`: only if it has an at sign. */
  readonly address?: 'always' | 'where-at';
  /** Reports whether the string is the path of a request to a cluster: a slash at its end does not count. */
  readonly isClusterPath?: (input: PolicyInput) => boolean;
  readonly doc: Omit<CriterionDoc, 'data' | 'reasons'>;
};

function matchAddress(
  matches: StringMatcher,
  data: unknown,
  context: CompileContext & { address: 'always' | 'where-at' },
): StringMatcher {
  const folded = compileStringMatcher(foldData(data), context.path, context.faults) ?? matches;
  const counts = (text: string) => context.address === 'always' || text.includes('@');
  return eitherSpelling(
    matches,
    (text) => (typeof text === 'string' && counts(text) ? folded(foldWholeAddress(text)) : matches(text)),
    context,
  );
}

/** Creates a criterion that is a string matcher over one string of the input. */
export function createTextCriterion({
  read,
  takesList = false,
  address,
  isClusterPath,
  doc,
  ...more
}: TextCriterionOptions): Criterion {
  return createPlainCriterion({
    ...more,
    doc: { ...doc, data: takesList ? textOrListData : 'string matcher' },
    schema: definition(takesList ? 'textMatcherOrList' : 'textMatcher'),
    value: (input) => read(input) || undefined,
    compile(data, _subpath, context) {
      const { path, faults } = context;
      const matches = (takesList ? compileTextOrList : compileStringMatcher)(data, path, faults);
      if (!matches) return undefined;
      const ofPath = isClusterPath && compilePathMatcher(data, path, faults);
      if (ofPath) return (input) => (isClusterPath(input) ? ofPath : matches)(read(input));
      const ofAddress =
        address && context.action === 'deny' ? matchAddress(matches, data, { ...context, address }) : matches;
      return (input) => ofAddress(read(input));
    },
  });
}
