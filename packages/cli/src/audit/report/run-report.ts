import { callApi } from '../../gateway/call-api.ts';
import { readMoment } from '../trail/trail-filters.ts';
import type { Environment } from '../../environment/environment.ts';
import type { GatewayNames } from '../../gateway/find-gateway.ts';
import { openGateway } from '../../gateway/open-gateway.ts';
import { usageError } from '../../terminal/cli-error.ts';
import { reportColumns, reportTimeoutMs as timeoutMs, writeReport, type ReportFormat } from './write-report.ts';

export type ReportOptions = GatewayNames & {
  by: string;
  user?: string;
  cluster?: string;
  resource?: string;
  verb?: string;
  since: string;
  until?: string;
  limit: string;
  output: ReportFormat;
  headers: boolean;
};

const number = (count: number) => count.toLocaleString('en-US');

function queryOf(options: ReportOptions, environment: Environment): URLSearchParams {
  const { by, user, cluster, resource, verb, since, until, limit } = options;
  if (!/^[1-9]\d{0,4}$/.test(limit) || Number(limit) > 10_000)
    throw usageError(`"${limit}" is not a number of lines from 1 to 10000`, 'Write --limit 100.');
  const query = new URLSearchParams({ by: by.replaceAll(' ', ''), limit, since: readMoment(since, environment) });
  for (const [name, value] of Object.entries({ user, cluster, resource, verb }))
    if (value !== undefined) query.set(name, value);
  if (until !== undefined) query.set('until', readMoment(until, environment));
  return query;
}

/** `sallyport audit report`: counts who did what on which cluster. */
export async function auditReport(environment: Environment, options: ReportOptions): Promise<void> {
  const query = queryOf(options, environment);
  const gateway = await openGateway(environment, options);
  const report = await callApi(gateway, 'GET /audit/report', 'the report', { query, timeoutMs });
  const { rows, groups, requests, refused, failed, since, until } = report;
  await writeReport(environment, gateway, { report, rows, columns: reportColumns(report.by) }, options);
  const { output } = options;
  const { stderr } = environment;
  const period = `from ${since ?? 'the beginning'} to ${until ?? 'now'}`;
  if (output === 'text')
    stderr.write(
      rows.length === 0
        ? `No request ended ${period}.\n`
        : `${number(requests)} requests ended ${period}: ${number(refused)} refused by the gateway, ${number(failed)} failed.\n`,
    );
  if (groups > rows.length)
    stderr.write(`These are ${number(rows.length)} of ${number(groups)} lines. Use --limit, or fewer names in --by.\n`);
}
