import type { FaultPath } from '../../document/fault-list.ts';
import type { PolicyInput } from '../../input/policy-input.ts';
import type { CompileContext } from '../../language/criterion.ts';
import { compileEach } from '../../matchers/each-of.ts';
import { compileResourcePattern, type ResourcePattern } from '../../matchers/resource-pattern.ts';
import { createPlainCriterion } from '../plain/plain-criterion.ts';

const what = 'a resource such as pods/exec or deployments.apps';

function compileOne(data: unknown, path: FaultPath, { faults }: CompileContext): ResourcePattern | undefined {
  if (data === '') return faults.add(path, `must be ${what}, not empty`);
  return typeof data === 'string' ? compileResourcePattern(data) : faults.addKind(path, what, data);
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
export const k8sResource = createPlainCriterion({
  name: 'k8s/resource',
  doc: {
    summary:
      'Holds if the resource matches. `*` matches any text within a part, and `*` alone matches everything. Without a group it means the core group, without a subresource the object itself. ' +
      'So `pods` does not cover `pods/exec`, and `pods/*` does not cover the pods.',
    data: '`resource[.group][/subresource]`, or a list of these, of which one must match',
    example: ['pods', 'pods/log', 'deployments.apps'],
    source: 'Sallyport',
  },
  schema: {
    anyOf: [
      { type: 'string', minLength: 1 },
      { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1 },
    ],
  },
  value: valueOf,
  compile(data, _subpath, context) {
    const all = compileEach(data, (item, path) => compileOne(item, path, context), { ...context, what: 'resource' });
    if (!all) return undefined;
    return ({ kubernetes }) => {
      if (!kubernetes?.resource) return false;
      const { resource, apiGroup = '', subresource = '' } = kubernetes;
      for (let index = 0; index < all.length; index += 1) if (all[index]!(resource, apiGroup, subresource)) return true;
      return false;
    };
  },
});
