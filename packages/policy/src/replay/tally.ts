import type { RecordedOutcome } from './recorded-outcome.ts';
import type { RecordedRequest } from './recorded-request.ts';

/** Counts by name. Only a limited number of names is kept, and the rest is counted together. */
export function createCounts(maxNames: number) {
  const counts = new Map<string, number>();
  let others = 0;
  return {
    add(name: string): void {
      const before = counts.get(name);
      if (before !== undefined) counts.set(name, before + 1);
      else if (counts.size < maxNames) counts.set(name, 1);
      else others += 1;
    },
    /** Returns the counts, the highest first. */
    list: () =>
      [...counts]
        .map(([name, count]) => ({ name, count }))
        .toSorted((x, y) => y.count - x.count || (x.name < y.name ? -1 : 1)),
    /** The count of all names that were not kept. */
    get others() {
      return others;
    },
  };
}

export type Example = {
  user: string;
  verb: string;
  cluster: string;
  resource: string;
  namespace: string;
  name: string;
  time: string;
  auditID: string;
};
/** Requests whose decision would change for the same reason: `before` is the rule that decided, `rule` the new one. */
export type Change = {
  rule: string;
  before: string;
  requests: number;
  people: { name: string; count: number }[];
  otherPeople: number;
  examples: Example[];
};
export type Changes = { requests: number; people: number; byRule: Change[]; otherRules: number };
export type Inconclusive = { criterion: string; missing: string[]; requests: number; examples: Example[] };

/** The result of a replay. `unchanged` is by decision. */
export type TallyResult = {
  evaluated: number;
  unchanged: { allowed: number; refused: number };
  gained: Changes;
  lost: Changes;
  inconclusive: { requests: number; byCriterion: Inconclusive[] };
  since: string | undefined;
  until: string | undefined;
};

type Counts = ReturnType<typeof createCounts>;
type Group = { rule: string; before: string; requests: number; people: Counts; examples: Map<string, Example> };
type Side = { requests: number; people: Set<string>; groups: Map<string, Group>; otherRules: number };

const maxGroups = 1000;
const maxPeople = 1000;
const maxPeopleInAll = 100_000;

/** Returns `resource[.group][/subresource]`, or the path of a request without a resource. */
function subjectOf({ isResourceRequest, resource, apiGroup, subresource, path }: RecordedRequest): string {
  if (!isResourceRequest) return path;
  return `${resource}${apiGroup === '' ? '' : `.${apiGroup}`}${subresource === '' ? '' : `/${subresource}`}`;
}

/** Keeps a few examples that differ in more than the time. */
function keepExample(examples: Map<string, Example>, request: RecordedRequest, limit: number): void {
  if (examples.size >= limit) return;
  const { user, verb, cluster, namespace, name, time, auditID } = request;
  const resource = subjectOf(request);
  const key = [user, verb, cluster, resource, namespace, name].join('\0');
  const example = { user, verb, cluster, resource, namespace, name, time, auditID };
  if (!examples.has(key)) examples.set(key, example);
}

function addChange(side: Side, request: RecordedRequest, rule: string, maxExamples: number): void {
  side.requests += 1;
  if (side.people.size < maxPeopleInAll) side.people.add(request.user);
  const key = `${rule}\0${request.rule}`;
  let group = side.groups.get(key);
  if (!group) {
    if (side.groups.size >= maxGroups) {
      side.otherRules += 1;
      return;
    }
    group = { rule, before: request.rule, requests: 0, people: createCounts(maxPeople), examples: new Map() };
    side.groups.set(key, group);
  }
  group.requests += 1;
  group.people.add(request.user);
  keepExample(group.examples, request, maxExamples);
}

function changesOf({ requests, people, groups, otherRules }: Side): Changes {
  const byRule = [...groups.values()]
    .toSorted((a, b) => b.requests - a.requests || (a.rule < b.rule ? -1 : 1))
    .map(({ rule, before, requests: count, people: who, examples }) => ({
      rule,
      before,
      requests: count,
      people: who.list(),
      otherPeople: who.others,
      examples: [...examples.values()],
    }));
  return { requests, people: people.size, byRule, otherRules };
}

/** Creates the tally of a replay. It keeps counts, and a limited number of names and examples. */
export function createTally(options: { examples: number }) {
  const side = (): Side => ({ requests: 0, people: new Set(), groups: new Map(), otherRules: 0 });
  const [gained, lost] = [side(), side()];
  const unchanged = { allowed: 0, refused: 0 };
  const inconclusive = new Map<string, { requests: number; missing: Set<string>; examples: Map<string, Example> }>();
  const state = { evaluated: 0, inconclusive: 0, since: '', until: '' };
  const addInconclusive = (
    request: RecordedRequest,
    { criteria, fields }: { criteria: readonly string[]; fields: readonly string[] },
  ) => {
    state.inconclusive += 1;
    const key = criteria.join(', ');
    const found = inconclusive.get(key) ?? {
      requests: 0,
      missing: new Set<string>(),
      examples: new Map<string, Example>(),
    };
    if (inconclusive.size < maxGroups) inconclusive.set(key, found);
    found.requests += 1;
    for (const field of fields) found.missing.add(field);
    keepExample(found.examples, request, options.examples);
  };
  return {
    add(request: RecordedRequest, outcome: RecordedOutcome): void {
      if (state.since === '' || request.time < state.since) state.since = request.time;
      if (request.time > state.until) state.until = request.time;
      if (!outcome.known) return addInconclusive(request, outcome);
      state.evaluated += 1;
      const [before, after] = [request.effect === 'allow', outcome.effect === 'allow'];
      if (before === after) unchanged[before ? 'allowed' : 'refused'] += 1;
      else addChange(after ? gained : lost, request, outcome.rule, options.examples);
    },
    result: (): TallyResult => ({
      evaluated: state.evaluated,
      unchanged: { ...unchanged },
      gained: changesOf(gained),
      lost: changesOf(lost),
      inconclusive: {
        requests: state.inconclusive,
        byCriterion: [...inconclusive]
          .map(([criterion, one]) => ({
            criterion,
            missing: [...one.missing].toSorted(),
            requests: one.requests,
            examples: [...one.examples.values()],
          }))
          .toSorted((a, b) => b.requests - a.requests),
      },
      since: state.since || undefined,
      until: state.until || undefined,
    }),
  };
}
