import type { z } from 'zod';

const kinds: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
  null: 'empty',
};
const kindOf = (name: string) => kinds[name] ?? name;

/** Describes what the schema says about a value in the words of the file, without the value. */
export function describeIssue(issue: z.core.$ZodIssue): string {
  const type = /^Invalid input: expected (\w+), received (\w+)$/.exec(issue.message);
  if (type) return type[2] === 'undefined' ? 'is missing' : `must be ${kindOf(type[1]!)}, not ${kindOf(type[2]!)}`;
  if (issue.code === 'too_small' && issue.minimum === 1 && (issue.origin === 'string' || issue.origin === 'array'))
    return issue.message.startsWith('Too small') ? 'is empty' : issue.message;
  return issue.message.replace(/^Invalid input: /, '');
}
