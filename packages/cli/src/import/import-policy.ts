import type { ImportReport, Keys } from './import-report.ts';
import { type Options, hasSubstitution } from './options.ts';

type Rule = Record<string, unknown>;
type Criterion = Record<string, unknown>;
type Fault = { path: readonly (string | number)[]; message: string; hint?: string };

/** The functions of the policy language and of YAML that an import needs. */
export type PolicyDeps = {
  /** Returns the faults and warnings of a policy document. */
  checkPolicy(document: unknown): { faults: readonly Fault[]; warnings: readonly Fault[] };
  readYaml(text: string): { ok: true; yaml: { data: unknown } } | { ok: false };
};

const sameUser = "is compared with the upstream user name, but Pomerium compares it with the provider's id of the user";
const otherUser = 'If it is such an id, write claim/sub instead of user in the policy.';

/** Returns the paths at which a document names a `user`. */
function usersIn(value: unknown, path: readonly (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const at = [...path, Array.isArray(value) ? Number(key) : key];
    return key === 'user' ? [at] : usersIn(item, at);
  });
}

/**
 * Converts one of `allowed_users`. Pomerium compares it with the email address and with the provider's id of the user.
 */
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

/** Converts the older lists of names to criteria, one of which must hold. */
function legacyCriteria(options: Options, report: ImportReport, kind: string): Criterion[] {
  const criteria: Criterion[] = [];
  if (options.flag('allow_public_unauthenticated_access')) {
    report.note(
      options.at('allow_public_unauthenticated_access'),
      `becomes authenticated_user, because ${kind === 'cluster' ? 'a cluster' : 'an application'} can only be reached after a login`,
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

/** Converts the sub-policies of a console. Their lists count like those of the route. Rego cannot be converted. */
function subPolicies(
  options: Options,
  report: ImportReport,
  kind: string,
): { criteria: Criterion[]; refused: boolean } {
  let refused = false;
  const criteria = options.mappings('sub_policies').flatMap((one) => {
    if (one.isSet('rego') || one.isSet('source_ppl')) {
      report.notCarried(
        one.keys,
        'is a sub-policy in Rego, which may refuse what the rest allows',
        'Write its rules in the policy language, in the policy of the route.',
      );
      refused = true;
    }
    for (const name of ['id', 'name', 'explanation', 'remediation', 'rego', 'source_ppl']) one.raw(name);
    return legacyCriteria(one, report, kind);
  });
  return { criteria, refused };
}

/** Returns the paths of what only Sallyport's language has in a rule. A document of Pomerium with it means nothing known. */
function ownWordsIn(document: unknown): (string | number)[][] {
  const isList = Array.isArray(document);
  return (isList ? (document as unknown[]) : [document]).flatMap((rule, index) =>
    ['name', 'message']
      .filter((key) => typeof rule === 'object' && rule !== null && Object.hasOwn(rule, key))
      .map((key) => [...(isList ? [index] : []), key]),
  );
}

/** Reads the policy of the route, which may also be a string. */
function ownRules(options: Options, deps: PolicyDeps, report: ImportReport): { rules: Rule[]; refused: boolean } {
  const keys = options.at('policy');
  let document = options.raw('policy');
  if (document === undefined || document === null || document === '') return { rules: [], refused: false };
  if (typeof document === 'string') {
    const read = deps.readYaml(document);
    if (!read.ok) {
      report.fault(keys, 'is a string that is not YAML');
      return { rules: [], refused: true };
    }
    document = read.yaml.data;
  }
  const words = ownWordsIn(document);
  for (const path of words)
    report.notCarried(
      [...keys, ...path],
      "is not part of Pomerium's policy language, and Pomerium refuses a policy with it",
      'Remove it, or add it to the policy that the import writes.',
    );
  if (words.length > 0) return { rules: [], refused: true };
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

/** Converts the paths of the route to rules that refuse all others. Without these rules, more would be allowed. */
function pathRules(options: Options, report: ImportReport, kind: string): Rule[] {
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
        kind === 'cluster'
          ? 'Without this rule, users can reach the whole API, as far as policy and RBAC allow.'
          : 'Without this rule, users can reach the whole application, as far as policy allows.',
      );
  }
  return rules;
}

/** Converts the access rules of a route to a policy document. Returns undefined if the result would allow more. */
export function importPolicy(
  options: Options,
  deps: PolicyDeps,
  report: ImportReport,
  context: { clientCertificates: boolean; kind: 'cluster' | 'application' },
): Rule[] | undefined {
  const sub = subPolicies(options, report, context.kind);
  const criteria = [...legacyCriteria(options, report, context.kind), ...sub.criteria];
  const own = ownRules(options, deps, report);
  const made: Rule[] = [
    ...(criteria.length === 0 ? [] : [{ allow: { or: criteria } }]),
    ...(context.clientCertificates ? [{ deny: { or: [{ invalid_client_certificate: true }] } }] : []),
    ...pathRules(options, report, context.kind),
  ];
  const rules = [...made, ...own.rules];
  const inexpressible = deps.checkPolicy(made).faults;
  for (const { message } of inexpressible)
    report.notCarried(
      options.keys,
      `cannot be expressed in the policy language: ${message}`,
      'Write the policy by hand.',
    );
  if (sub.refused || own.refused || inexpressible.length > 0) return undefined;
  if (hasSubstitution(rules)) {
    report.notCarried(
      options.keys,
      'has ${ in its policy, which the gateway would replace',
      'Write the policy without ${.',
    );
    return undefined;
  }
  if (rules.length === 0)
    report.note(
      options.keys,
      'has no policy, so nobody has access, as in Pomerium',
      `Add a policy to the ${context.kind === 'cluster' ? 'cluster' : 'route'}.`,
    );
  return rules;
}
