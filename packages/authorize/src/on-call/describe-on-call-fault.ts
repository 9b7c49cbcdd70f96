import { describeIssue } from '@sallyport/kit';

type Issue = Parameters<typeof describeIssue>[0];

/** Says what is wrong with an on-call list and where in it, without a value of it. */
export function describeOnCallFault(issue: Issue): string {
  if (issue.code === 'unrecognized_keys') return `${[...issue.path, issue.keys[0]].join('.')}: unknown field`;
  // A user is a name, or a mapping with a name and a time. What the mapping lacks says more.
  const inner = issue.code === 'invalid_union' ? issue.errors.at(-1)?.[0] : undefined;
  if (inner && inner.path.length > 0) return describeOnCallFault({ ...inner, path: [...issue.path, ...inner.path] });
  const message = inner ? 'must be a user name, or a mapping of user and until' : describeIssue(issue);
  return `${issue.path.join('.') || 'the list'}: ${message}`;
}
