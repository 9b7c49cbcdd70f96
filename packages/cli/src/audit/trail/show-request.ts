import { callApi } from '../../gateway/call-api.ts';
import { type AuditRow } from '@sallyport/contracts/answers';
import { auditIdOf, objectOf, text, at, userOf } from './trail-columns.ts';
import { trailTimes } from './trail-times.ts';
import { scopeNote } from './search-trail.ts';
import type { GatewayOptions } from '../../gateway/find-gateway.ts';
import type { Environment } from '../../environment/environment.ts';
import { openGateway, requireCredential } from '../../gateway/open-gateway.ts';
import { usageError } from '../../terminal/cli-error.ts';
import { forTerminal } from '../../terminal/for-terminal.ts';
import { writeResult } from '../../terminal/output.ts';
import { describeRequest } from './describe-request.ts';

export type ShowOptions = GatewayOptions & { cluster?: string; utc?: boolean };

/** Returns an id as the gateway writes it. A table may have cut it. */
function readId(text_: string): string {
  const id = text_.replace(/…$/, '').toLowerCase();
  if (/^[0-9a-f-]{4,36}$/.test(id)) return id;
  throw usageError(
    `"${text_}" is not the id of a request or an event`,
    'Copy it from the header audit-id of a refusal, or from: sallyport audit search -o wide',
  );
}

const listed = (row: AuditRow, show: (time: string) => string) =>
  forTerminal(`  ${auditIdOf(row)}  ${show(row.time)}  ${userOf(row)} ${text(at(row, 'verb'))} ${objectOf(row)}`);

/** `sallyport audit show`: shows one request with what belongs to it. */
export async function auditShow(environment: Environment, given: string, options: ShowOptions): Promise<void> {
  const id = readId(given);
  const gateway = await openGateway(environment, options);
  const query = { id, cluster: options.cluster };
  const shown = await callApi(gateway, 'GET /audit/show', 'the request', { query });
  if (shown.matches && shown.matches.length > 0) {
    const times = trailTimes(
      environment,
      options,
      shown.matches.map(({ time }) => time),
    );
    environment.stderr.write(`${shown.matches.map((row) => listed(row, times.show)).join('\n')}\n`);
    throw usageError(`several requests begin with ${id}`, 'Write more characters of the id.');
  }
  const note = shown.scope === 'all' ? undefined : scopeNote(shown, requireCredential(gateway).user, undefined);
  if (note !== undefined) environment.stderr.write(note);
  await writeResult(environment, options.output, shown, () => describeRequest(environment, shown, options));
}
