import type { CompileContext, Criterion } from '../criterion.ts';
import { kindOf } from '../compile/plain-object.ts';
import { compileResourcePattern, groupOfBuiltIn, type ResourcePattern } from '../matchers/resource-pattern.ts';
import { fail, pass } from '../verdict.ts';

const ok = pass('k8s-resource-ok');
const unauthorized = fail('k8s-resource-unauthorized');

function compileOne(data: unknown, path: CompileContext['path'], context: CompileContext): ResourcePattern | undefined {
  if (typeof data !== 'string' || data === '') {
    context.faults.add(path, `must be a resource such as pods/exec or deployments.apps, is ${data === '' ? 'empty' : kindOf(data)}`);
    return undefined;
  }
  const group = groupOfBuiltIn(data);
  if (group) context.warnings.add(path, 'names a resource that is not of the core group, without its group: it matches nothing', `write it with .${group}`);
  return compileResourcePattern(data);
}

/** `resource[.group][/subresource]` with `*` in any part, or a list of such. */
export const k8sResource: Criterion = {
  name: 'k8s/resource',
  value: ({ kubernetes }) => (kubernetes?.resource ? `${kubernetes.resource}${kubernetes.apiGroup ? `.${kubernetes.apiGroup}` : ''}${kubernetes.subresource ? `/${kubernetes.subresource}` : ''}` : undefined),
  compile(data, _subpath, context) {
    const list: unknown[] = Array.isArray(data) ? data : [data];
    if (list.length === 0) context.faults.add(context.path, 'needs at least one resource');
    const patterns = list.map((item, index) => compileOne(item, Array.isArray(data) ? [...context.path, index] : context.path, context));
    if (list.length === 0 || patterns.includes(undefined)) return undefined;
    const all = patterns as ResourcePattern[];
    return ({ kubernetes }) => {
      if (!kubernetes?.resource) return unauthorized;
      const { resource, apiGroup = '', subresource = '' } = kubernetes;
      for (const matches of all) if (matches(resource, apiGroup, subresource)) return ok;
      return unauthorized;
    };
  },
};
