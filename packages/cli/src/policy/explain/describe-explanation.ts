import { forTerminal } from '../../terminal/for-terminal.ts';
import type { ExplainedRule, Explanation } from './explanation.ts';
import { nextSteps } from './next-steps.ts';
import { askedWords, conditionOf, dataWords, farness, isMet, ownWords } from './rule-words.ts';

const mostUnmet = 10;

function headline(explanation: Explanation): string {
  const { decision, person } = explanation;
  const who = person.user === '' ? 'somebody who is not logged in' : person.user;
  const what = askedWords(explanation);
  if (decision.effect === 'allow') return `ALLOWED: ${who} may ${what}.`;
  return decision.effect === 'authenticate'
    ? `LOG IN FIRST: ${who} may not ${what}.`
    : `REFUSED: ${who} may not ${what}.`;
}

function decidedBy({ decision }: Explanation): string {
  const version = decision.policyVersion === '' ? '' : ` of policy ${decision.policyVersion}`;
  return decision.rule === 'default-deny'
    ? `No rule${version} allows it, and what no rule allows is refused (default-deny).`
    : `Decided by rule ${decision.rule}${version}.`;
}

function consequence({ rule, action, holds }: ExplainedRule, { decision }: Explanation): string {
  if (action === 'deny') return holds ? 'DENIES it' : 'does not deny it';
  if (!holds) return 'does not allow it';
  return decision.effect === 'allow' || rule === decision.rule ? 'ALLOWS it' : 'would allow it, but does not decide';
}

function ruleLines(rule: ExplainedRule, explanation: Explanation): string[] {
  const rows = rule.criteria.map((one) =>
    [
      one.open === true ? 'open ' : one.holds ? 'holds' : 'fails',
      one.name,
      ownWords(one, explanation.person),
      one.data === undefined ? '' : `rule: ${dataWords(one.data)}`,
    ].map(forTerminal),
  );
  const widths = [0, 1, 2].map((column) => Math.min(40, Math.max(0, ...rows.map((row) => row[column]!.length))));
  // In the way: what makes a rule deny, and what keeps one from allowing.
  const mark = (index: number) =>
    isMet(rule, rule.criteria[index]!) === rule.holds && rule.holds === (rule.action === 'deny') ? '>' : ' ';
  return [
    `  ${forTerminal(rule.rule)} ${consequence(rule, explanation)}: ${conditionOf(rule)}`,
    ...rows.map((row, index) =>
      `  ${mark(index)} ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
    ),
  ];
}

/**
 * The rules in the order in which they matter: those that hold, those that could allow it (nearest first), and the
 * names of those that deny nothing here.
 */
function ruleBlocks(explanation: Explanation): string[] {
  const { rules, leftOut } = explanation;
  const holding = rules
    .filter(({ holds }) => holds)
    .toSorted((a, b) => Number(b.action === 'deny') - Number(a.action === 'deny'));
  const failing = rules
    .filter(({ holds, action }) => !holds && action === 'allow')
    .toSorted((a, b) => farness(a) - farness(b));
  const idle = rules.filter(({ holds, action }) => !holds && action === 'deny').map(({ rule }) => forTerminal(rule));
  const more = Math.max(0, failing.length - mostUnmet) + leftOut;
  return [
    ...[...holding, ...failing.slice(0, mostUnmet)].map((rule) => ruleLines(rule, explanation).join('\n')),
    ...(more > 0 ? [`  ... and ${more} more that do not hold (-o json shows them)`] : []),
    ...(idle.length > 0
      ? [
          `  Rules that could deny, and do not here: ${idle.slice(0, mostUnmet).join(', ')}${idle.length > mostUnmet ? ', ...' : ''}`,
        ]
      : []),
  ];
}

/** The verbs that it was judged as besides its own, and which of them refused it. */
function readingLines({ also = [], asked, decision }: Explanation): string[] {
  if (also.length === 0) return [];
  const why =
    asked.resource === 'secrets' && asked.apiGroup === ''
      ? 'What is done to a Secret is a read of it as well, because the answer holds it'
      : 'It is as good as a create';
  const refused =
    decision.judgedAs === undefined
      ? ''
      : ` As ${decision.judgedAs} it is refused; the rules below are shown for that.`;
  return [forTerminal(`${why}: judged as ${also.join(', ')} as well.${refused}`)];
}

function remarks({ shows, upstream }: Explanation): string[] {
  const hidden =
    'Rules that are about other people are not shown, nor what the rules compare with.\nThat is for clusters with "explain: true", and for those whom api.policy.policy names.';
  const kept =
    upstream && upstream.droppedGroups.length > 0 ? ` (kept back: ${upstream.droppedGroups.join(', ')})` : '';
  const arrival =
    upstream &&
    `At the cluster: user ${upstream.user}, groups ${upstream.groups.length === 0 ? 'none' : upstream.groups.join(', ')}${kept}.`;
  return [...(arrival === undefined ? [] : [forTerminal(arrival)]), ...(shows === 'all' ? [] : [hidden])];
}

/** Tells a person what was decided and why, rule by rule, and what they can do. */
export function describeExplanation(explanation: Explanation): string {
  const blocks = ruleBlocks(explanation);
  return `${[
    [forTerminal(headline(explanation)), forTerminal(decidedBy(explanation)), ...readingLines(explanation)].join('\n'),
    ...(blocks.length === 0 ? [] : [`Rule by rule (> marks what stands in the way):\n\n${blocks.join('\n\n')}`]),
    ...remarks(explanation),
    `What to do next:\n${nextSteps(explanation)
      .map((step) => `  - ${forTerminal(step)}`)
      .join('\n')}`,
  ].join('\n\n')}\n`;
}
