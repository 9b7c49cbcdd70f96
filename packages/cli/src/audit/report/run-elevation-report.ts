import { readMoment } from '../trail/trail-filters.ts';
import type { Environment } from '../../environment/environment.ts';
import { readAnswer } from '../../gateway/answers.ts';
import { elevationReportSchema } from '../../gateway/elevation-answers.ts';
import type { GatewayNames } from '../../gateway/find-gateway.ts';
import { callAsUser, openGateway } from '../../gateway/open-gateway.ts';
import { allColumns, shownColumns } from './elevation-columns.ts';
import { reportTimeoutMs as timeoutMs, writeReport, type ReportFormat } from './write-report.ts';

export type ElevationReportOptions = GatewayNames & {
  from: string;
  to?: string;
  cluster?: string;
  user?: string;
  output: ReportFormat;
  headers: boolean;
};

/** `sallyport elevations report`: who had which elevation, why, who approved it, and what it was used for. */
export async function elevationReport(environment: Environment, options: ElevationReportOptions): Promise<void> {
  const { from, to, cluster, user, output } = options;
  const query = new URLSearchParams({ since: readMoment(from, environment.now()) });
  if (to !== undefined) query.set('until', readMoment(to, environment.now()));
  if (cluster !== undefined) query.set('cluster', cluster);
  if (user !== undefined) query.set('user', user);
  const gateway = await openGateway(environment, options);
  const path = `/.sallyport/api/v1/audit/elevations?${query.toString()}`;
  const body = await callAsUser(gateway, { method: 'GET', path, timeoutMs });
  const report = readAnswer(elevationReportSchema, body, 'the report');
  const { elevations: rows, omitted, since, until } = report;
  await writeReport(environment, gateway, { report, rows, columns: shownColumns, allColumns }, options);
  const { stderr } = environment;
  if (output === 'text' && rows.length === 0) stderr.write(`There was no elevation from ${since} to ${until}.\n`);
  if (omitted > 0) stderr.write(`${omitted} older ones are not listed. Use --from, --to, --cluster or --user.\n`);
}
