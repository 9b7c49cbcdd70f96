import { invalid } from '../objects/api-error.ts';
import { isJsonObject, textAt, type KubeObject } from '../objects/kube-object.ts';

const group = 'rbac.authorization.k8s.io';

/** Checks that every rule of a role is an object with verbs. */
export function prepareRole(object: KubeObject): KubeObject {
  const rules = object.rules ?? [];
  if (
    !Array.isArray(rules) ||
    !rules.every(
      (rule) =>
        isJsonObject(rule) &&
        isTexts(rule.verbs) &&
        ['apiGroups', 'resources', 'resourceNames', 'nonResourceURLs'].every(
          (field) => rule[field] === undefined || isTexts(rule[field]),
        ),
    )
  ) {
    throw invalid(object, 'rules', 'Invalid value: each rule must have verbs, and its fields must be lists of strings');
  }
  return { ...object, rules };
}

/** Checks a binding. Its roleRef can never change. */
export function prepareBinding(object: KubeObject, previous: KubeObject | undefined): KubeObject {
  const kind = textAt(object, 'roleRef.kind');
  if (
    textAt(object, 'roleRef.name') === '' ||
    !(kind === 'ClusterRole' || (kind === 'Role' && object.kind === 'RoleBinding'))
  )
    throw invalid(object, 'roleRef', 'Required value: a Role or a ClusterRole');
  const same = (field: string): boolean => textAt(object, `roleRef.${field}`) === textAt(previous, `roleRef.${field}`);
  if (previous !== undefined && !(same('kind') && same('name')))
    throw invalid(object, 'roleRef', 'Invalid value: cannot change roleRef');
  const subjects = Array.isArray(object.subjects) ? object.subjects.filter(isJsonObject) : [];
  for (const subject of subjects) {
    if (!['User', 'Group', 'ServiceAccount'].includes(String(subject.kind)) || typeof subject.name !== 'string')
      throw invalid(
        object,
        'subjects',
        'Unsupported value: a subject must be a User, Group or ServiceAccount with a name',
      );
  }
  return {
    ...object,
    subjects: subjects.map((subject) =>
      subject.kind === 'ServiceAccount' ? subject : { apiGroup: group, ...subject },
    ),
  };
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
