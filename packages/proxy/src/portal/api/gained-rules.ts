import type { ReviewedRules } from '../../access-review/read-review.ts';

/** What a person may do with one kind, or with the object of one name. */
export type GainedRule = { apiGroup: string; resource: string; resourceName?: string; verbs: string[] };

type Right = { apiGroup: string; resource: string; resourceName: string; verb: string };

/** All of a role times all of its verbs can be a lot. What a hostile cluster says must not fill the memory. */
const maxRights = 50_000;

function* rightsOf({ resourceRules }: ReviewedRules): Generator<Right> {
  let left = maxRights;
  for (const { apiGroups, resources, resourceNames, verbs } of resourceRules)
    for (const apiGroup of apiGroups)
      for (const resource of resources)
        for (const resourceName of resourceNames.length === 0 ? [''] : resourceNames)
          for (const verb of verbs) {
            if ((left -= 1) < 0) return;
            yield { apiGroup, resource, resourceName, verb };
          }
}

const keyOf = (...words: string[]) => words.join('\0');

/** Tells whether these rules contain a right, `*` included. */
function createContains(rules: ReviewedRules): (right: Right) => boolean {
  const known = new Set<string>();
  for (const { apiGroup, resource, resourceName, verb } of rightsOf(rules))
    known.add(keyOf(apiGroup, resource, resourceName, verb));
  return ({ apiGroup, resource, resourceName, verb }) => {
    for (const group of new Set([apiGroup, '*']))
      for (const kind of new Set([resource, '*']))
        for (const name of new Set([resourceName, '']))
          for (const one of new Set([verb, '*'])) if (known.has(keyOf(group, kind, name, one))) return true;
    return false;
  };
}

/** What the rules `after` allow and those `before` do not, sorted. */
export function gainedRules(before: ReviewedRules, after: ReviewedRules): GainedRule[] {
  const had = createContains(before);
  const gained = new Map<string, GainedRule & { all: Set<string> }>();
  for (const right of rightsOf(after)) {
    if (had(right)) continue;
    const { apiGroup, resource, resourceName, verb } = right;
    const key = keyOf(apiGroup, resource, resourceName);
    const rule = gained.get(key) ?? {
      apiGroup,
      resource,
      ...(resourceName === '' ? {} : { resourceName }),
      verbs: [],
      all: new Set<string>(),
    };
    rule.all.add(verb);
    gained.set(key, rule);
  }
  return [...gained]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { all, ...rule }]) => ({ ...rule, verbs: [...all].toSorted() }));
}
