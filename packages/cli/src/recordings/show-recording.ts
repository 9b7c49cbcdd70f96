import { callApi } from '../gateway/call-api.ts';
import { type Recording } from '@sallyport/contracts/answers';
import type { Environment } from '../environment/environment.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';
import { openGateway, type OpenGateway } from '../gateway/open-gateway.ts';
import { readableBytes } from '../sessions/list-streams.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { writeResult } from '../terminal/output.ts';
import { renderFacts, table } from '../terminal/table.ts';
import { readableTime } from '../terminal/times.ts';
import { placeOf, recordingData, resolveRecording } from './list-recordings.ts';

/** Fetches what the gateway knows of a recording. */
export async function fetchRecording(gateway: OpenGateway, given: string): Promise<Recording> {
  const id = await resolveRecording(gateway, given);
  return callApi(gateway, 'GET /recordings/:id', 'the recording', { params: { id } });
}

function describeRecording({ recording, parts, gaps }: Recording): string {
  const { id, user, kind, cluster, command, tty, since, end, state, reason, demand, recipients } = recording;
  const facts = renderFacts(
    [
      ['Recording', id],
      ['User', user],
      ['Session', recording.sessionId],
      ['Pod', `${placeOf(recording)} on ${cluster}`],
      ['Kind', `${kind}${tty === true ? ' with a terminal' : ''}`],
      ['Command', command?.join(' ')],
      ['Since', readableTime(since)],
      ['Until', end === undefined ? undefined : readableTime(end)],
      ['State', reason == null ? state : `${state}: ${reason}`],
      ['Demand', demand],
      ['Audit-ID', recording.auditId],
      ['Stream', recording.stream],
      ...recipients.map((one) => ['Sealed for', one]),
    ],
    12,
  );
  const rows = parts.flatMap(({ part, files }) =>
    files.map(({ name, bytes, sha256 }) => [String(part), name, readableBytes(bytes), sha256]),
  );
  const missing = gaps.map(
    ({ from, until, reason: why }) => `Gap from ${from} to ${until ?? 'the end'}${why == null ? '' : `: ${why}`}\n`,
  );
  const files = rows.length === 0 ? 'No part has been closed yet.\n' : table(['PART', 'FILE', 'SIZE', 'SHA-256'], rows);
  return `${facts}\n${missing.map((line) => `${forTerminal(line.trimEnd())}\n`).join('')}${files}`;
}

/** `sallyport recordings show`. */
export async function showRecording(environment: Environment, given: string, options: GatewayOptions): Promise<void> {
  const gateway = await openGateway(environment, options);
  const found = await fetchRecording(gateway, given);
  const data = { ...found, recording: recordingData(found.recording) };
  await writeResult(environment, options.output, data, () => describeRecording(found));
}
