// Reads the definitions of all metrics from the sources of the services, and makes docs/operations/metrics.md from them.
import { readFileSync, globSync } from 'node:fs';
import path from 'node:path';
import { root } from './bootstrap.mjs';

/** Which process has the metrics that a directory defines. The first match counts. */
const owners = [
  ['packages/audit-log/src/consume/', 'audit'],
  ['packages/audit-log/src/files/', 'proxy of a single process'],
  ['packages/audit-log/src/sink/', 'proxy, authenticate, authorize'],
  ['packages/audit/', 'audit'],
  ['packages/authenticate/', 'authenticate'],
  ['packages/authorize/', 'authorize'],
  ['packages/connector/', 'connector'],
  ['packages/directory/', 'authenticate'],
  ['packages/kit/src/otlp/', 'proxy, authenticate, authorize'],
  ['packages/kit/src/reload/', 'proxy, authorize'],
  ['packages/kit/src/service/', 'all'],
  ['packages/notify/', 'authorize'],
  ['packages/proxy/', 'proxy'],
];

/** What bounds the values of each label. None comes from a user, a path or an ID. */
export const bounds = {
  channel: 'the channels in `notifications`',
  cluster: 'the clusters in the configuration, and empty for a name that is in none',
  code: 'status codes, or codes of problems',
  connector: 'the connectors in the configuration',
  consumer: 'the readers of the audit trail in the process',
  direction: '`received` and `sent`',
  enforced: 'the decisions `allow` and `deny`',
  key: 'the keys in the configuration',
  kind: 'a fixed list',
  limit: 'a fixed list',
  list: 'the on-call lists in the configuration',
  outcome: 'a fixed list',
  partition: 'the partitions of the topic',
  problem: 'the codes of problems: a fixed list',
  protocol: 'http/1.1 and http/2',
  provider: 'the identity providers in the configuration',
  reason: 'a fixed list',
  result: 'a fixed list',
  route: 'the hosts of `routes`',
  service: 'the four services',
  shadow: 'the decisions `allow` and `deny`',
  source: 'the directories in the configuration',
  state: 'a fixed list',
  use: 'a fixed list',
  version: 'the one policy in force: the series of an earlier one ends',
  way: 'a fixed list',
};

const text = String.raw`(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")`;

function labelsOf(definition, source) {
  const own = /labelNames: \[([^\]]*)\]/.exec(definition);
  const named = /^\s*labelNames,$/m.test(definition) && /const labelNames = \[([^\]]*)\]/.exec(source);
  return [...((own || named)?.[1] ?? '').matchAll(/'(\w+)'/g)].map(([, label]) => label);
}

// A helper gives the metrics of a kind their names: its calls have name and help as the first two arguments.
function callsOf(source, before) {
  const helper = [...source.slice(0, before).matchAll(/const (\w+) = \(name: string, help: string/g)].at(-1)?.[1];
  return helper ? [...source.matchAll(new RegExp(String.raw`\b${helper}\(\s*${text},\s*${text}`, 'g'))] : [];
}

function definitionsIn(file) {
  const source = readFileSync(path.join(root, file), 'utf8');
  const service = owners.find(([directory]) => file.startsWith(directory))?.[1];
  return [...source.matchAll(/new (Counter|Gauge|Histogram|Summary)(?:<[^>]*>)?\(\{([\s\S]*?)\}\)/g)].flatMap(
    (match) => {
      const [, kind, definition] = match;
      const base = { type: kind.toLowerCase(), labels: labelsOf(definition, source), service };
      const name = /\bname: '([^']+)'/.exec(definition)?.[1];
      const help = new RegExp(String.raw`\bhelp:\s*${text}`).exec(definition);
      const prefix = /\bname: `(\w+)\$\{name\}`/.exec(definition)?.[1] ?? '';
      const found =
        name && help
          ? [{ ...base, name, help: help[1] ?? help[2] }]
          : callsOf(source, match.index).map(([, ...said]) => ({
              ...base,
              name: prefix + (said[0] ?? said[1]),
              help: said[2] ?? said[3],
            }));
      if (found.length === 0 || !service)
        throw new Error(`${file}: scripts/metrics.mjs cannot tell the name, the help or the service of a metric`);
      return found;
    },
  );
}

/** Returns the metrics in the sources, by name: name, type, labels, help, service. */
export function readMetrics() {
  const files = globSync('packages/*/src/**/*.ts', { cwd: root }).filter(
    (file) => !/\.test\.ts$|\/testing\//.test(file),
  );
  return files
    .toSorted()
    .filter((file) => /new (?:Counter|Gauge|Histogram|Summary)\b/.test(readFileSync(path.join(root, file), 'utf8')))
    .flatMap(definitionsIn)
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

function unitOf({ name, type }) {
  if (name.includes('_timestamp_seconds')) return 'seconds since 1970';
  if (/_seconds(?:_total)?$/.test(name)) return 'seconds';
  if (/_bytes(?:_total)?$/.test(name)) return 'bytes';
  return type === 'gauge' && /_(?:info|known|failing|rejected|refused|waiting)$/.test(name) ? '' : 'count';
}

const cell = (words) => words.replaceAll('|', String.raw`\|`).replace(/\.$/, '');

/** Returns the page of all metrics. */
export function metricsPage(metrics = readMetrics()) {
  const rows = metrics.map((one) => {
    const labels = one.labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${one.name}\` | ${one.type} | ${labels} | ${unitOf(one)} | ${one.service} | ${cell(one.help)} |`;
  });
  const used = new Set(metrics.flatMap(({ labels }) => labels));
  return `# Metrics

One of the pages about [operating Sallyport](../operations.md). \`scripts/generate-docs.mjs\` makes it from the
definitions in the code. [Health, alerts and dashboards](monitor.md) says which of them need
attention, and [Alerts and runbooks](runbooks.md) what to do about them.

| metric | type | labels | unit | service | meaning |
|---|---|---|---|---|---|
${rows.join('\n')}

## Labels

Every label has a bounded number of values. No label has the name of a user, a path or an ID of a request.

| label | its values |
|---|---|
${Object.keys(bounds)
  .filter((label) => used.has(label))
  .map((label) => `| \`${label}\` | ${bounds[label]} |`)
  .join('\n')}
`;
}
