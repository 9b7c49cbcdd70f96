import { isPlainObject } from '../../document/plain-object.ts';
import type { CompileContext, Criterion } from '../../language/criterion.ts';
import { definition, textOrListData } from '../../language/json-schema.ts';
import { fail, leaveOpen, pass } from '../../language/verdict.ts';
import { namedTexts } from '../../matchers/named-texts.ts';
import { compileTextOrList } from '../../matchers/string-matcher.ts';

const ok = pass('k8s-impersonate-ok');
const unauthorized = fail('k8s-impersonate-unauthorized');
const open = leaveOpen('k8s-impersonate-open');

const kinds = ['user:', 'group:', 'serviceaccount:', 'uid:', 'extra:'];
const accountTarget = /^serviceaccount:([^/]+)\/([^/]+)$/;
const asUser = 'user:system:serviceaccount:';

/** Reports a text that no target can equal: under `not` it would match every target, and elsewhere none. */
function checkName(text: string, path: CompileContext['path'], { faults }: CompileContext): void {
  if (text.startsWith(asUser))
    faults.add(path, 'is a ServiceAccount, which is no user', 'write serviceaccount:NAMESPACE/NAME');
  else if (!kinds.some((kind) => text.startsWith(kind) && text.length > kind.length))
    faults.add(
      path,
      'is not a target',
      'write user:NAME, group:NAME, serviceaccount:NAMESPACE/NAME, uid:UID or extra:KEY=VALUE',
    );
  else if (text.startsWith('serviceaccount:') && !accountTarget.test(text))
    faults.add(path, 'is not a ServiceAccount', 'write serviceaccount:NAMESPACE/NAME');
  else if (text.startsWith('extra:') && !/^extra:[^=]+=/.test(text))
    faults.add(path, 'is not an extra', 'write extra:KEY=VALUE');
}

function checkStart(text: string, path: CompileContext['path'], { faults }: CompileContext): void {
  if (text.startsWith(asUser))
    faults.add(path, 'is a ServiceAccount, which is no user', 'write serviceaccount:NAMESPACE/');
  else if (!kinds.some((kind) => text.startsWith(kind) || kind.startsWith(text)))
    faults.add(path, 'begins no target', 'begin with user:, group:, serviceaccount:, uid: or extra:');
}

/** Returns the other spelling of a ServiceAccount, by which a deny also knows it. */
function otherSpelling(target: string): string | undefined {
  const [, namespace, name] = accountTarget.exec(target) ?? [];
  return namespace === undefined ? undefined : `${asUser}${namespace}:${name}`;
}

function warnOfPlace({ action, operator, path, warnings }: CompileContext): void {
  if (action === 'allow' && operator !== 'and')
    warnings.add(path, `allows no one to act as another under ${operator}: only an and block does`, {
      code: 'impersonate-outside-and',
      hint: 'move it into the and block of the rule, next to who may do it',
    });
}

/**
 * String matcher or list over whom a request asks to act as (`kubectl --as`). All targets of a request must match: if only
 * some do, it is open, so that a deny holds and an allow does not.
 */
export const k8sImpersonate: Criterion = {
  name: 'k8s/impersonate',
  doc: {
    summary:
      'Holds if the request asks to act as another (`kubectl --as`), and everything that it asks for matches: `user:<name>`, `serviceaccount:<namespace>/<name>`, `group:<name>`, `uid:<uid>`, `extra:<key>=<value>`. ' +
      'If only some of it matches, it is open, so that a deny holds and an allow does not. A request as oneself matches nothing. ' +
      'An allow rule lets no one act as another unless its `and` block names this criterion, whatever else it allows: `or`, `not` and `nor` never do. Deny rules apply as to any other request. ' +
      'The request is evaluated as the person who sends it, and the RBAC of the cluster must allow that person to impersonate each of the names.',
    data: textOrListData,
    example: ['user:bob@example.com', 'serviceaccount:shop/web'],
    source: 'Sallyport',
    reasons: ['k8s-impersonate-ok', 'k8s-impersonate-unauthorized', 'k8s-impersonate-open'],
  },
  schema: definition('textMatcherOrList'),
  value: ({ kubernetes }) => kubernetes?.impersonate,
  compile(data, _subpath, context) {
    const { path, faults, action, operator } = context;
    const matches = compileTextOrList(data, path, faults);
    if (!matches) return undefined;
    const before = faults.size;
    for (const { text, path: place } of namedTexts(data)) checkName(text, [...path, ...place], context);
    if (isPlainObject(data) && typeof data.starts_with === 'string')
      checkStart(data.starts_with, [...path, 'starts_with'], context);
    if (faults.size > before) return undefined;
    warnOfPlace(context);
    const inverted = operator === 'not' || operator === 'nor';
    const covers = (target: unknown) => {
      if (typeof target !== 'string') return false;
      const first = matches(target);
      const other = action === 'deny' && first === inverted ? otherSpelling(target) : undefined;
      return other === undefined ? first : matches(other);
    };
    return ({ kubernetes }) => {
      const targets: unknown = kubernetes?.impersonate;
      if (!Array.isArray(targets) || targets.length === 0) return unauthorized;
      let covered = 0;
      for (let index = 0; index < targets.length; index += 1) if (covers(targets[index])) covered += 1;
      return covered === targets.length ? ok : covered > 0 ? open : unauthorized;
    };
  },
};
