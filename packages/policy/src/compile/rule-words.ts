import { hasVisibleText, isDnsLabel } from '@sallyport/contracts';
import type { FaultList, FaultPath } from '../document/fault-list.ts';
import type { RuleWords } from '../language/compiled-policy.ts';

/** The keys of a rule that say something about the rule, next to what it allows and denies. */
export const wordKeys = ['name', 'message'] as const;

/** The longest name and the longest message of a rule, in characters. */
export const longestWords = { name: 63, message: 300 };

/** One line of text without control and format characters, which could change what a terminal or a page shows. */
const plainLine = new RegExp(`^[^\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]{1,${longestWords.message}}$`, 'u');

type Place = {
  readonly scope: string;
  readonly path: FaultPath;
  readonly faults: FaultList;
  readonly warnings: FaultList;
  /** Where each name of the document was first given to a rule. */
  readonly names: Map<string, FaultPath>;
};

function readName(data: unknown, { scope, path: rule, faults, names }: Place): string | undefined {
  const path = [...rule, 'name'];
  if (typeof data !== 'string')
    return faults.addKind(path, 'the name of the rule', data, 'write it like no-prod-shells');
  if (!isDnsLabel(data))
    return faults.add(
      path,
      `is not a name; use lower-case letters, digits and hyphens, ${longestWords.name} at most`,
      'what people should read goes into message',
    );
  const before = names.get(data);
  if (before)
    return faults.add(path, `is the name of another rule of this document too, at ${before.join('.')}`, {
      hint: 'give each rule a name of its own',
      related: { scope, path: before },
    });
  names.set(data, path);
  return data;
}

function readMessage(data: unknown, { path: rule, faults }: Place): string | undefined {
  const path = [...rule, 'message'];
  if (typeof data !== 'string') return faults.addKind(path, 'a text', data);
  if (plainLine.test(data) && data.trim() === data && hasVisibleText(data)) return data;
  return faults.add(
    path,
    `must be one line of 1 to ${longestWords.message} characters, without control characters and spaces around it`,
    'a text over several lines of YAML is one line if it begins with >-',
  );
}

/** Reads what a rule says about itself. Reports what cannot be shown safely everywhere, and names that appear twice. */
export function readRuleWords(rule: Readonly<Record<string, unknown>>, place: Place): RuleWords {
  const has = (key: string) => Object.hasOwn(rule, key);
  if (has('message') && !has('deny'))
    place.warnings.add([...place.path, 'message'], 'is read by no one, because this rule refuses nothing', {
      code: 'unused-message',
      hint: 'move it to a rule with deny',
    });
  return {
    ruleName: has('name') ? readName(rule['name'], place) : undefined,
    ruleMessage: has('message') ? readMessage(rule['message'], place) : undefined,
  };
}
