import { callApi } from '../../gateway/call-api.ts';
import { type AuditSummary } from '@sallyport/contracts/answers';
import { asksForStages, auditQuery, omitsRoutine, type AuditFilters } from '../trail/trail-filters.ts';
import { splitNames } from '../../input/names.ts';
import type { Environment } from '../../environment/environment.ts';
import type { GatewayNames } from '../../gateway/find-gateway.ts';
import { openGateway } from '../../gateway/open-gateway.ts';
import { forTerminal } from '../../terminal/for-terminal.ts';
import type { Column } from '../../terminal/table.ts';
import { reportTimeoutMs as timeoutMs, writeReport, type ReportFormat } from './write-report.ts';

export type SummaryOptions = GatewayNames &
  AuditFilters & {
    facets: string;
    since: string;
    stages?: boolean;
    all?: boolean;
    utc?: boolean;
    output: ReportFormat;
    headers: boolean;
  };

type Row = { facet: string; value: string; events: number };

const columns: Column<Row>[] = [
  { name: 'FACET', cell: ({ facet }) => facet },
  { name: 'VALUE', cell: ({ value }) => value, shrinks: true },
  { name: 'EVENTS', cell: ({ events }) => String(events) },
];
const number = (count: number) => count.toLocaleString('en-US');

const rowsOf = ({ facets }: AuditSummary): Row[] =>
  Object.entries(facets).flatMap(([facet, { values, others }]) => [
    ...values.map((one) => ({ facet, ...one })),
    ...(others > 0 ? [{ facet, value: '(others)', events: others }] : []),
  ]);

/** Says in one line what was counted, and how it ended. */
function describe({ events, since, until, buckets, countedFrom }: AuditSummary, stages: boolean): string {
  const results = new Map<string, number>();
  for (const bucket of buckets)
    for (const [name, count] of Object.entries(bucket.results)) results.set(name, (results.get(name) ?? 0) + count);
  results.delete('none');
  const ended = [...results].map(([name, count]) => `${number(count)} ${forTerminal(name)}`).join(', ');
  const what = stages ? 'events' : 'requests and other events';
  const rest = countedFrom == null ? '' : `Note: there was no time for those before ${countedFrom}. Use --until.\n`;
  return `${number(events)} ${what} from ${since} to ${until}${ended === '' ? '' : `: ${ended}`}.\n${rest}`;
}

/** `sallyport audit summary`: counts what a search finds, by what it is about. */
export async function auditSummary(environment: Environment, options: SummaryOptions): Promise<void> {
  const query = auditQuery(options, environment);
  const stages = asksForStages(options);
  query.set('facets', splitNames(options.facets).join(','));
  if (!stages) query.set('view', 'requests');
  if (omitsRoutine(options)) query.set('routine', 'omit');
  const gateway = await openGateway(environment, options);
  const report = await callApi(gateway, 'GET /audit/summary', 'the summary', { query, timeoutMs });
  const { output, headers, user } = options;
  const shown = { output, headers, ...(user === undefined ? {} : { user }) };
  await writeReport(environment, gateway, { report, rows: rowsOf(report), columns }, shown);
  if (output === 'text') environment.stderr.write(describe(report, stages));
}
