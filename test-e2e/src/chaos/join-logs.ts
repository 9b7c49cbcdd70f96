import { createJoiner, type Finding, type JoinResult } from '@sallyport/audit-join';
import type { TopicMessage } from '../harness/index.ts';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** The join of a run: the gateway's events on the topic, and the API server's own log. */
export type LogJoin = Pick<JoinResult, 'sent' | 'matched' | 'unverifiable'> & {
  bypassed: Finding[];
  unfinished: Finding[];
  refusedByRbac: number;
  mismatched: Finding[];
  lost: Finding[];
};

/** Joins the events of a run, from `from` to `to` in milliseconds since the epoch, with the API server's own log. */
export async function joinLogs(
  messages: readonly Pick<TopicMessage, 'value'>[],
  auditLogFile: string,
  window: { from: number; to: number },
): Promise<LogJoin> {
  // The cluster runs on the same clock, and its log begins before the run and ends after it.
  const joiner = createJoiner({ cluster: 'dev', window, marginMs: 0 });
  for (const { value } of messages) joiner.takeGateway(JSON.parse(value));
  for await (const line of createInterface(createReadStream(auditLogFile)))
    if (line.endsWith('}')) joiner.takeCluster(JSON.parse(line));
  const { findings, counts, sent, matched, unverifiable } = joiner.result();
  const of = (kind: Finding['kind']) => findings.filter((finding) => finding.kind === kind);
  return {
    sent,
    matched,
    unverifiable,
    bypassed: of('bypassed-gateway'),
    unfinished: of('unfinished'),
    mismatched: of('mismatched'),
    lost: of('missing-in-cluster-log'),
    refusedByRbac: counts['denied-by-cluster'],
  };
}
