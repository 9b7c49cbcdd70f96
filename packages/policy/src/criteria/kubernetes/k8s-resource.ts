import { kindOf } from '../../document/plain-object.ts';
import type { PolicyInput } from '../../input/policy-input.ts';
import type { CompileContext, Criterion } from '../../language/criterion.ts';
import { fail, pass } from '../../language/verdict.ts';
import { compileResourcePattern, type ResourcePattern } from '../../matchers/resource-pattern.ts';

const ok = pass('k8s-resource-ok');
const unauthorized = fail('k8s-resource-unauthorized');

function compileOne(data: unknown, path: CompileContext['path'], context: CompileContext): ResourcePattern | undefined {
  if (typeof data !== 'string' || data === '') {
    context.faults.add(
      path,
      `must be a resource such as pods/exec or deployments.apps, not ${data === '' ? 'empty' : kindOf(data)}`,
    );
    return undefined;
  }
  return compileResourcePattern(data);
}

function valueOf({ kubernetes }: PolicyInput): string | undefined {
  if (typeof kubernetes?.resource !== 'string' || kubernetes.resource === '') return undefined;
  const { resource } = kubernetes;
  const [apiGroup, subresource] = [kubernetes.apiGroup, kubernetes.subresource].map((part) =>
    typeof part === 'string' ? part : '',
  );
  return `${resource}${apiGroup ? `.${apiGroup}` : ''}${subresource ? `/${subresource}` : ''}`;
}

/** `resource[.group][/subresource]` with `*` in any part, or a list of these. */
export const k8sResource: Criterion = {
  name: 'k8s/resource',
  doc: {
    summary:
      'Holds if the resource matches. `*` matches any text within a part, and `*` alone matches everything. Without a group it means the core group, without a subresource the object itself. ' +
      'So `pods` does not cover `pods/exec`, and `pods/*` does not cover the pods.',
    data: '`resource[.group][/subresource]`, or a list of these, of which one must match',
    example: ['pods', 'pods/log', 'deployments.apps'],
    source: 'Sallyport',
    reasons: ['k8s-resource-ok', 'k8s-resource-unauthorized'],
  },
  schema: {
    anyOf: [
      { type: 'string', minLength: 1 },
      { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1 },
    ],
  },
  value: valueOf,
  compile(data, _subpath, context) {
    const list: unknown[] = Array.isArray(data) ? data : [data];
    if (list.length === 0) context.faults.add(context.path, 'needs at least one resource');
    const patterns = list.map((item, index) =>
      compileOne(item, Array.isArray(data) ? [...context.path, index] : context.path, context),
    );
    if (list.length === 0 || patterns.includes(undefined)) return undefined;
    const all = patterns as ResourcePattern[];
    return ({ kubernetes }) => {
      if (!kubernetes?.resource) return unauthorized;
      const { resource, apiGroup = '', subresource = '' } = kubernetes;
      for (let index = 0; index < all.length; index += 1) if (all[index]!(resource, apiGroup, subresource)) return ok;
      return unauthorized;
    };
  },
};
