import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import process from 'node:process';
import { eventually } from '@sallyport/kit/testing';
import type { Gateway } from './gateway-types.ts';
import { theBed } from './the-bed.ts';

/** The part of an event in the cluster's own audit log that is compared. */
export type ClusterEvent = {
  auditID: string;
  stage: string;
  verb: string;
  requestURI: string;
  stageTimestamp: string;
  annotations?: Record<string, string>;
  user: { username: string; extra?: Record<string, string[]> };
  impersonatedUser?: { username: string; groups?: string[] };
};

type ReadLog = { offset: number; events: ClusterEvent[] };
const readLogs = new Map<string, ReadLog>();

/** Returns what a log has gained since it was last read, up to the last whole line. */
function readOn(file: string, offset: number): { text: string; next: number } {
  const handle = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(handle).size - offset));
    const length = readSync(handle, bytes, 0, bytes.length, offset);
    const whole = bytes.subarray(0, length).lastIndexOf('\n') + 1;
    return { text: bytes.toString('utf8', 0, whole), next: offset + whole };
  } finally {
    closeSync(handle);
  }
}

/**
 * Reads an API server's own audit log, by default that of the shared bed. The requests of the gateway's account are
 * those that the gateway sent. The log grows through the whole run and many tests poll it, so each line is read once.
 */
export function clusterEvents(file: string = theBed().cluster!.auditLogFile): readonly ClusterEvent[] {
  const log: ReadLog = readLogs.get(file) ?? { offset: 0, events: [] };
  const { text, next } = readOn(file, log.offset);
  for (const line of text.split('\n')) if (line.endsWith('}')) log.events.push(JSON.parse(line) as ClusterEvent);
  log.offset = next;
  readLogs.set(file, log);
  return log.events;
}

/** The log of a gateway and the log of the cluster, compared by audit id. */
export type Join = {
  /** In both logs. */
  joined: { ours: { verb: string; user: string; code: number }; theirs: { verb: string; user: string } }[];
  /** Only in ours, although they were forwarded. */
  lost: string[];
  /** Refused by us, but in the log of the cluster. */
  leaked: string[];
  /** Requests of our account for people of this gateway that are not in our log. */
  unknown: string[];
};

/**
 * Joins the log of this gateway with that of the cluster. Waits until both contain every completed request, because
 * events take a moment to arrive.
 */
export async function joinAuditLogs(gateway: Gateway): Promise<Join> {
  const open = () => {
    const ended = new Set(
      gateway.events({ type: 'k8s.request', stage: 'ResponseComplete' }).map((record) => record.data.auditID),
    );
    return gateway
      .events({ type: 'k8s.request', stage: 'RequestReceived' })
      .filter((record) => !ended.has(record.data.auditID));
  };
  await eventually(
    'every received request to be complete',
    () => open().length === 0,
    15_000,
    () => JSON.stringify(open().map((record) => record.data.requestURI)),
  );
  let join = joinNow(gateway);
  await eventually('both logs to have the same requests', () => {
    join = joinNow(gateway);
    return join.unknown.length + join.lost.length === 0;
  }).catch(() => {}); // the test decides what a missing request means
  return join;
}

function joinNow(gateway: Gateway): Join {
  const sessions = new Set(gateway.events().map((record) => record.data.sallyport.sessionId));
  const theirs = new Map(clusterEvents().map((event) => [event.auditID, event]));
  const ours = new Map(
    gateway
      .events({ type: 'k8s.request', stage: 'ResponseComplete' })
      .map((record) => [record.data.auditID, record.data]),
  );
  const join: Join = { joined: [], lost: [], leaked: [], unknown: [] };
  for (const [id, event] of ours) {
    const other = theirs.get(id);
    // What the gateway asks for itself is not decided by a policy.
    const allowed = event.sallyport.decision?.effect === 'allow' || event.sallyport.credentialKind === 'gateway';
    if (allowed && other)
      join.joined.push({
        ours: {
          verb: event.verb,
          user: (event.impersonatedUser ?? event.user).username ?? '',
          code: event.responseStatus?.code ?? 0,
        },
        theirs: { verb: other.verb, user: other.impersonatedUser?.username ?? '' },
      });
    else if (allowed) join.lost.push(event.requestURI);
    else if (other) join.leaked.push(event.requestURI);
  }
  for (const event of theirs.values()) {
    const extra = (event.impersonatedUser as { extra?: Record<string, string[]> } | undefined)?.extra?.[
      'sallyport.dev/session'
    ]?.[0];
    if (extra !== undefined && sessions.has(extra) && !ours.has(event.auditID)) join.unknown.push(event.requestURI);
  }
  return join;
}

/** Counts the requests of a gateway by the protocol that their clients used, and says so on stderr. */
export function countProtocols(gateway: Pick<Gateway, 'events'>, of: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { data } of gateway.events({ type: 'k8s.request', stage: 'ResponseComplete' })) {
    const protocol = data.sallyport.protocol ?? 'none';
    counts[protocol] = (counts[protocol] ?? 0) + 1;
  }
  process.stderr.write(`measured: requests of ${of} by protocol: ${JSON.stringify(counts)}\n`);
  return counts;
}
