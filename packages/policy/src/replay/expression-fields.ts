import { bitOf, fields, maskOf, type Field } from './fields.ts';

const all = maskOf(...fields);
const roots = ['request', 'user', 'session', 'cluster', 'kubernetes', 'elevations', 'now'] as const;

const fieldOf = (root: string, member: string): Field | undefined => {
  if (member === 'claims' && (root === 'user' || root === 'session')) return 'claims';
  if (member === 'path' && (root === 'request' || root === 'kubernetes')) return 'path';
  return fields.find((field) => field === `${root}.${member}`);
};

/** The fields that determine which namespace or name a request reaches. */
const reach = maskOf(
  'kubernetes.isResourceRequest',
  'kubernetes.verb',
  'kubernetes.requestVerb',
  'kubernetes.apiGroup',
  'kubernetes.apiVersion',
  'kubernetes.resource',
  'kubernetes.subresource',
  'kubernetes.fieldSelector',
  'kubernetes.namespaced',
  'kubernetes.aggregated',
);

/**
 * Returns the fields that an expression can see, according to its text. An evaluation reads a whole variable, but
 * `user.groups` can only see that member. If the text uses a variable in any other way, even in a quoted string, the
 * result is all fields.
 */
export function expressionFields(text: string): number {
  let mask = 0;
  for (const root of roots) {
    for (const { index } of text.matchAll(new RegExp(`(?<![\\w.])${root}\\b`, 'g'))) {
      const rest = text.slice(index + root.length);
      if (root === 'now' || root === 'elevations') mask |= bitOf(root);
      else if (root === 'cluster') mask |= bitOf('kubernetes.cluster');
      else {
        const member = /^\s*\.\s*([A-Za-z_]\w*)(?!\w)/.exec(rest)?.[1];
        const field = member === undefined ? undefined : fieldOf(root, member);
        if (field === undefined) return all;
        mask |= bitOf(field);
        if (field === 'kubernetes.namespace' || field === 'kubernetes.name') mask |= reach;
      }
    }
  }
  return mask;
}
