import { ruleLabel, type ExplainedRule, type Explanation } from '@sallyport/contracts/answers';
import { forTerminal } from '../../terminal/for-terminal.ts';
import type { Paint } from '../../terminal/paint.ts';
import { nextSteps } from './next-steps.ts';
import { askedWords, conditionOf, countEqual, dataWords, distance, isMet, ownWords } from './rule-words.ts';

const maxUnmet = 10;

function headline(explanation: Explanation, paint: Paint): string {
  const { decision, person } = explanation;
  const who = person.user === '' ? 'a user who is not logged in' : person.user;
  const what = askedWords(explanation);
  if (decision.effect === 'allow') return `${paint('ALLOWED', 'good')}: ${forTerminal(`${who} may ${what}.`)}`;
  const verdict = decision.effect === 'authenticate' ? paint('LOG IN FIRST', 'warning') : paint('REFUSED', 'bad');
  return `${verdict}: ${forTerminal(`${who} may not ${what}.`)}`;
}

function decidedBy({ decision }: Explanation): string {
  const version = decision.policyVersion === '' ? '' : ` of policy ${decision.policyVersion}`;
  return decision.rule === 'default-deny'
    ? `No rule${version} allows it, so it is refused (default-deny).`
    : `Decided by rule ${ruleLabel(decision)}${version}.`;
}

/** What the rule that refuses says to the person. */
const messageLines = ({ ruleMessage }: Explanation): string[] =>
  ruleMessage === undefined ? [] : [forTerminal(`It says: ${ruleMessage}`)];

function consequence({ rule, action, holds }: ExplainedRule, { decision }: Explanation): string {
  if (action === 'deny') return holds ? 'DENIES it' : 'does not deny it';
  if (!holds) return 'does not allow it';
  return decision.effect === 'allow' || rule === decision.rule ? 'ALLOWS it' : 'would allow it, but does not decide';
}

function ruleLines(rule: ExplainedRule, explanation: Explanation): string[] {
  const criteria = countEqual(rule.criteria);
  const rows = criteria.map(({ criterion: one, count }) =>
    [
      one.open === true ? 'open ' : one.holds ? 'holds' : 'fails',
      one.name,
      ownWords(one, explanation.person),
      [one.data === undefined ? '' : `rule: ${dataWords(one.data)}`, count === 1 ? '' : `(${count} conditions)`]
        .filter((text) => text !== '')
        .join(' '),
    ].map(forTerminal),
  );
  const widths = [0, 1, 2].map((column) => Math.min(40, Math.max(0, ...rows.map((row) => row[column]!.length))));
  // The mark is on criteria that make a deny rule apply, or that keep an allow rule from applying.
  const mark = (index: number) =>
    isMet(rule, criteria[index]!.criterion) === rule.holds && rule.holds === (rule.action === 'deny') ? '>' : ' ';
  return [
    `  ${forTerminal(ruleLabel(rule))} ${consequence(rule, explanation)}: ${conditionOf(rule)}`,
    ...rows.map((row, index) =>
      `  ${mark(index)} ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
    ),
  ];
}

/**
 * Returns the rules by relevance: those that hold, those that could allow the request (the closest first), and the
 * names of the deny rules that do not apply.
 */
function ruleBlocks(explanation: Explanation): string[] {
  const { rules, leftOut } = explanation;
  const holding = rules
    .filter(({ holds }) => holds)
    .toSorted((a, b) => Number(b.action === 'deny') - Number(a.action === 'deny'));
  const failing = rules
    .filter(({ holds, action }) => !holds && action === 'allow')
    .toSorted((a, b) => distance(a) - distance(b));
  const idle = rules
    .filter(({ holds, action }) => !holds && action === 'deny')
    .map((rule) => forTerminal(ruleLabel(rule)));
  const more = Math.max(0, failing.length - maxUnmet) + leftOut;
  return [
    ...[...holding, ...failing.slice(0, maxUnmet)].map((rule) => ruleLines(rule, explanation).join('\n')),
    ...(more > 0 ? [`  ... and ${more} more that do not hold (-o json shows them)`] : []),
    ...(idle.length > 0
      ? [
          `  Deny rules that do not apply here: ${idle.slice(0, maxUnmet).join(', ')}${idle.length > maxUnmet ? ', ...' : ''}`,
        ]
      : []),
  ];
}

/** What the demand for a recording means to the person. */
export const recordingWords: Readonly<Record<NonNullable<Explanation['recording']>, string>> = {
  required: 'required - the session is recorded, or there is none',
  optional: 'optional - the session is recorded if that is possible',
};

const recordingLines = ({ recording }: Explanation): string[] =>
  recording === undefined ? [] : [`Recording: ${recordingWords[recording]}.`];

/** Names the further verbs that the request counts as, and the one that refused it. */
function readingLines({ also = [], asked, decision }: Explanation): string[] {
  if (also.length === 0) return [];
  const why =
    asked.resource === 'secrets' && asked.apiGroup === ''
      ? 'Every access to a Secret is also a read, because the response contains the Secret'
      : 'It can create an object';
  const refused =
    decision.evaluatedAs === undefined
      ? ''
      : ` As ${decision.evaluatedAs} it is refused. The rules below are evaluated for ${decision.evaluatedAs}.`;
  return [forTerminal(`${why}. It is also evaluated as ${also.join(', ')}.${refused}`)];
}

function remarks({ shows, upstream }: Explanation): string[] {
  const hidden =
    'Rules about other users are not shown, and neither are the values that rules compare with.\nThey are shown on clusters with "explain: true", and to users listed in api.policy.policy.';
  const dropped =
    upstream && upstream.droppedGroups.length > 0 ? ` (withheld: ${upstream.droppedGroups.join(', ')})` : '';
  const arrival =
    upstream &&
    `At the cluster: user ${upstream.user}, groups ${upstream.groups.length === 0 ? 'none' : upstream.groups.join(', ')}${dropped}.`;
  return [...(arrival === undefined ? [] : [forTerminal(arrival)]), ...(shows === 'all' ? [] : [hidden])];
}

/** Describes a decision: the reasons for it, rule by rule, and what the user can do. */
export function describeExplanation(explanation: Explanation, paint: Paint): string {
  const blocks = ruleBlocks(explanation);
  return `${[
    [
      headline(explanation, paint),
      forTerminal(decidedBy(explanation)),
      ...messageLines(explanation),
      ...readingLines(explanation),
      ...recordingLines(explanation),
    ].join('\n'),
    ...(blocks.length === 0 ? [] : [`Rule by rule (> marks what stands in the way):\n\n${blocks.join('\n\n')}`]),
    ...remarks(explanation),
    `What to do next:\n${nextSteps(explanation)
      .map((step) => `  - ${forTerminal(step)}`)
      .join('\n')}`,
  ].join('\n\n')}\n`;
}
