import { criteria } from '../criteria/index.ts';
import type { Criterion } from '../language/criterion.ts';
import { sameThings, wayWords } from '../lint/same-things.ts';
import { listOperators } from '../matchers/list-matcher.ts';
import { stringOperators } from '../matchers/string-matcher.ts';
import { yamlFlow } from './yaml-flow.ts';

const head = `# Policy reference

<!-- Written by scripts/generate-docs.mjs from the descriptions beside the code; edit those. -->

Every word of the policy language. A policy is a mapping of \`allow\` and \`deny\`, or a list of such mappings; below them stand the operators, below those lists of criteria:

\`\`\`yaml
- allow:
    and:
      - groups: developers
      - k8s/namespace: {starts_with: dev-}
  deny:
    or:
      - k8s/shell_equivalent: true
\`\`\`

An editor that knows JSON Schema checks and completes policies with \`packages/policy/schema/policy.schema.json\`.

## Operators

| operator | holds if |
|---|---|
| \`and\` | every criterion holds |
| \`or\` | at least one holds |
| \`not\` | none holds |
| \`nor\` | not all hold |

Every operator block under the same action is an alternative, within a rule and across rules. Deny beats allow; what no rule allows is denied.

A criterion can also leave a request **open**: it may hold for some of what the request can touch (a list over all namespaces), or it could not be found out (an expression that fails). Then it is neither true nor false: a block that it could decide denies under \`deny\` and does not allow under \`allow\`, after \`not\` and \`nor\` too. Only criteria of Kubernetes and \`expression\` can.

## Matchers

**String matcher**: a string (it must be equal), or a mapping of operators that must all hold: ${stringOperators.map((name) => `\`${name}\``).join(', ')}. \`in\` and \`not_in\` take lists. Case counts, but for addresses in a deny. A missing text matches nothing, not even \`not\`.

**List matcher**: a string (it must be in the list), or a mapping of operators that must all hold: ${listOperators.map((name) => `\`${name}\``).join(', ')}. \`is\` means this and no other, \`exclude\` that it is not in the list. A missing list is an empty one.
`;

const limits =
  'The limit is how much work one evaluation of one criterion may do, whatever the caller sends. Where there is none, the work grows with the length of what is compared and no faster.';

const names = `## Other names for one thing

The Kubernetes API does some things under more than one name. A rule that denies one name leaves the others; \`policy lint\` warns of a deny that names one of them, unless another rule denies the rest.

| what | names |
|---|---|
${sameThings.map(({ what, ways }) => `| ${what} | ${ways.map((way) => `\`${wayWords(way)}\``).join(', ')} |`).join('\n')}

A Secret of type \`kubernetes.io/service-account-token\` is answered with a token, and its type is in the body, which is not looked at: a deny of \`serviceaccounts/token\` needs one of \`create secrets\` beside it.
`;

function sectionOf({ name, doc }: Criterion): string {
  const example = yamlFlow({ [doc.exampleKey ?? name]: doc.example }).slice(1, -1);
  return [
    `### \`${doc.exampleKey?.replace(/\/.*$/, '/<path>') ?? name}\``,
    '',
    doc.summary,
    '',
    `- **Data**: ${doc.data}`,
    `- **From**: ${doc.source === 'Pomerium' ? "Pomerium's policy language" : 'Sallyport'}`,
    ...(doc.limit === undefined ? [] : [`- **Limit**: ${doc.limit}`]),
    `- **Reasons**: ${doc.reasons.map((reason) => `\`${reason}\``).join(', ')}`,
    '',
    '```yaml',
    `- ${example}`,
    '```',
    '',
  ].join('\n');
}

/**
 * The reference of the language as a page of Markdown: every criterion with its data, an example, where it comes from
 * and its reasons.
 */
export function policyReference(): string {
  const overview = criteria.map(
    ({ name, doc }) =>
      `| [\`${name}\`](#${name.toLowerCase().replace(/[^a-z0-9_-]/g, '')}${doc.exampleKey ? 'path' : ''}) | ${doc.source} | ${doc.data} | ${doc.limit === undefined ? 'none' : doc.limit.split(' of work')[0]} |`,
  );
  const table = [
    '## Criteria',
    '',
    limits,
    '',
    '| criterion | from | data | limit |',
    '|---|---|---|---|',
    ...overview,
    '',
  ].join('\n');
  return [head, table, ...criteria.map(sectionOf), names].join('\n');
}
