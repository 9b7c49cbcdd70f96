import type { ImportReport, Keys } from './import-report.ts';
import type { Options } from './options.ts';
import { hasSubstitution } from './references.ts';

type Rule = Record<string, unknown>;
type Criterion = Record<string, unknown>;
type Fault = { path: readonly (string | number)[]; message: string; hint?: string };

/** What an import needs to know of the policy language and of YAML. */
export type PolicyDeps = {
  /** Everything that the policy language has against a document, and what it finds doubtful. */
  checkPolicy(document: unknown): { faults: readonly Fault[]; warnings: readonly Fault[] };
  readYaml(text: string): { ok: true; yaml: { data: unknown } } | { ok: false };
};

const sameUser = "is compared with the name that goes upstream here, with the provider's id of the person in Pomerium";
const otherUser = 'If it is such an id, write claim/sub instead of user in the policy.';

/** Where a document names people by `user`. */
function usersIn(value: unknown, path: readonly (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const at = [...path, Array.isArray(value) ? Number(key) : key];
    return key === 'user' ? [at] : usersIn(item, at);
  });
}

/** One of `allowed_users`: Pomerium compares it with the address and with the provider's own id of the person. */
function userCriterion(user: string, keys: Keys, report: ImportReport): Criterion {
  if (user.includes('@')) return { email: { is: user } };
  report.note(keys, sameUser, otherUser);
  return { user: { is: user } };
}

function claimCriteria(options: Options): Criterion[] {
  const claims = options.mapping('allowed_idp_claims');
  if (!claims) return [];
  return claims.unread().flatMap((claim) => claims.texts(claim).map((value) => ({ [`claim/${claim}`]: value })));
}

/** The lists of names that Pomerium had before it had a language, as criteria of which one must hold. */
function legacyCriteria(options: Options, report: ImportReport): Criterion[] {
  const criteria: Criterion[] = [];
  if (options.flag('allow_public_unauthenticated_access')) {
    report.note(
      options.at('allow_public_unauthenticated_access'),
      'becomes authenticated_user: nobody reaches a cluster without having logged in',
    );
    criteria.push({ authenticated_user: true });
  }
  if (options.flag('allow_any_authenticated_user')) criteria.push({ authenticated_user: true });
  criteria.push(...options.texts('allowed_domains').map((domain) => ({ domain: { is: domain } })));
  criteria.push(...options.texts('allowed_groups').map((group) => ({ groups: { has: group } })));
  criteria.push(...claimCriteria(options));
  criteria.push(
    ...options
      .texts('allowed_users')
      .map((user, index) => userCriterion(user, [...options.at('allowed_users'), index], report)),
  );
  return criteria;
}

/** Sub-policies of a console: their lists count like the route's own; their Rego can be translated by nobody. */
function subPolicies(options: Options, report: ImportReport): { criteria: Criterion[]; refused: boolean } {
  let refused = false;
  const criteria = options.mappings('sub_policies').flatMap((one) => {
    if (one.says('rego') || one.says('source_ppl')) {
      report.notCarried(
        one.keys,
        'is a sub-policy in Rego, which could refuse what the rest allows',
        'Write what it says in the policy language, in the policy of the route.',
      );
      refused = true;
    }
    for (const name of ['id', 'name', 'explanation', 'remediation', 'rego', 'source_ppl']) one.raw(name);
    return legacyCriteria(one, report);
  });
  return { criteria, refused };
}

/** The route's own policy, which Pomerium also takes as a text. */
function ownRules(options: Options, deps: PolicyDeps, report: ImportReport): { rules: Rule[]; refused: boolean } {
  const keys = options.at('policy');
  let document = options.raw('policy');
  if (document === undefined || document === null || document === '') return { rules: [], refused: false };
  if (typeof document === 'string') {
    const read = deps.readYaml(document);
    if (!read.ok) {
      report.fault(keys, 'is a text that is no YAML');
      return { rules: [], refused: true };
    }
    document = read.yaml.data;
  }
  const { faults, warnings } = deps.checkPolicy(document);
  for (const { path, message, hint } of warnings) report.note([...keys, ...path], message, hint);
  for (const path of usersIn(document)) report.note([...keys, ...path], sameUser, otherUser);
  for (const { path, message, hint } of faults)
    report.notCarried(
      [...keys, ...path],
      message,
      hint === undefined ? 'Write the rule in another way.' : `${hint[0]!.toUpperCase()}${hint.slice(1)}`,
    );
  if (faults.length > 0) return { rules: [], refused: true };
  return { rules: (Array.isArray(document) ? document : [document]) as Rule[], refused: false };
}

/** Paths that the route is limited to, as rules that refuse all others: leaving them out would open what was closed. */
function pathRules(options: Options, report: ImportReport): Rule[] {
  const rules: Rule[] = [];
  const [prefix, path] = [options.text('prefix'), options.text('path')];
  if (prefix !== undefined && prefix !== '/') rules.push({ deny: { not: [{ http_path: { starts_with: prefix } }] } });
  if (path !== undefined) rules.push({ deny: { not: [{ http_path: path }] } });
  for (const [name, value] of [
    ['prefix', prefix],
    ['path', path],
  ] as const) {
    if (value !== undefined && value !== '/')
      report.note(
        options.at(name),
        'becomes a rule that refuses every other path',
        'Without it kubectl can reach the whole API, as far as policy and RBAC let it.',
      );
  }
  return rules;
}

/**
 * Translates who may use a route into a policy document; undefined if it cannot be done without letting in more than
 * before.
 */
export function importPolicy(
  options: Options,
  deps: PolicyDeps,
  report: ImportReport,
  context: { clientCertificates: boolean },
): Rule[] | undefined {
  const sub = subPolicies(options, report);
  const criteria = [...legacyCriteria(options, report), ...sub.criteria];
  const own = ownRules(options, deps, report);
  const made: Rule[] = [
    ...(criteria.length === 0 ? [] : [{ allow: { or: criteria } }]),
    ...(context.clientCertificates ? [{ deny: { or: [{ invalid_client_certificate: true }] } }] : []),
    ...pathRules(options, report),
  ];
  const rules = [...made, ...own.rules];
  const unsayable = deps.checkPolicy(made).faults;
  for (const { message } of unsayable)
    report.notCarried(
      options.keys,
      `cannot be said in the policy language: ${message}`,
      'Write who may use it by hand.',
    );
  if (sub.refused || own.refused || unsayable.length > 0) return undefined;
  if (hasSubstitution(rules)) {
    report.notCarried(
      options.keys,
      'has ${ in its policy, which would be replaced when the result is read',
      'Write the policy without it.',
    );
    return undefined;
  }
  if (rules.length === 0)
    report.note(options.keys, 'lets nobody in, as in Pomerium: it has no policy', 'Give the cluster a policy.');
  return rules;
}
