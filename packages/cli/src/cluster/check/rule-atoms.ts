import type { Right } from '../kube/require-rights.ts';

/** A rule as a SelfSubjectRulesReview lists it, and as a ClusterRole has it. */
export type PolicyRule = {
  verbs: readonly string[];
  apiGroups?: readonly string[];
  resources?: readonly string[];
  resourceNames?: readonly string[];
  nonResourceURLs?: readonly string[];
};

/** One verb on one thing. `name` is undefined if every name is allowed. */
type Atom = { verb: string; group: string; resource: string; name?: string } | { verb: string; url: string };

/** Returns what a rule allows, one thing at a time. */
export function atomsOf({
  verbs,
  apiGroups = [],
  resources = [],
  resourceNames = [],
  nonResourceURLs = [],
}: PolicyRule): Atom[] {
  const names = resourceNames.length === 0 ? [undefined] : resourceNames;
  return verbs.flatMap((verb) => [
    ...nonResourceURLs.map((url) => ({ verb, url })),
    ...apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        names.map((name) => ({ verb, group, resource, ...(name === undefined ? {} : { name }) })),
      ),
    ),
  ]);
}

const covers = (allowed: string, asked: string) => allowed === '*' || allowed === asked;

/** Reports whether a pattern of RBAC contains another: `*`, or a path that ends in `*`. */
const coversUrl = (allowed: string, asked: string) =>
  covers(allowed, asked) || (allowed.endsWith('*') && asked.startsWith(allowed.slice(0, -1)));

// RBAC knows two wildcards: all resources, and one subresource of all resources.
function coversResource(allowed: string, asked: string): boolean {
  if (covers(allowed, asked)) return true;
  return allowed.startsWith('*/') && asked.includes('/') && asked.slice(asked.indexOf('/')) === allowed.slice(1);
}

function coversAtom(allowed: Atom, asked: Atom): boolean {
  if (!covers(allowed.verb, asked.verb)) return false;
  if ('url' in allowed || 'url' in asked)
    return 'url' in allowed && 'url' in asked && coversUrl(allowed.url, asked.url);
  return (
    covers(allowed.group, asked.group) &&
    coversResource(allowed.resource, asked.resource) &&
    (allowed.name === undefined || allowed.name === asked.name)
  );
}

const thingOf = (atom: Atom) =>
  'url' in atom
    ? atom.url
    : `${atom.resource}${atom.group === '' ? '' : `.${atom.group}`}${atom.name === undefined ? '' : ` "${atom.name}"`}`;

/** A right beyond other rules: a verb, and for people the thing that it is about. */
export type ExtraRight = { verb: string; thing: string; atom: Atom };

/** Reports whether rights that were found include this one. */
export function includesRight(
  found: readonly ExtraRight[],
  { verb, group, resource, subresource, name }: Right,
): boolean {
  const whole = subresource === undefined ? resource : `${resource}/${subresource}`;
  const asked = { verb, group, resource: whole, ...(name === undefined ? {} : { name }) };
  return found.some(({ atom }) => coversAtom(atom, asked));
}

/** The rights that rules allow and the expected rules do not, each once. */
export function subtractRules(rules: readonly PolicyRule[], expected: readonly PolicyRule[]): ExtraRight[] {
  const allowed = expected.flatMap(atomsOf);
  const extra = new Map<string, ExtraRight>();
  for (const atom of rules.flatMap(atomsOf))
    if (!allowed.some((one) => coversAtom(one, atom))) {
      const thing = thingOf(atom);
      extra.set(`${atom.verb} ${thing}`, { verb: atom.verb, thing, atom });
    }
  return [...extra.values()];
}
