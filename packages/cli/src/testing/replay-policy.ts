import { writeFileSync } from 'node:fs';
import path from 'node:path';
// Loads the policy engine here, so that the loading does not count against the timeout of the first test.
import '../config/gateway-config.ts';
import type { ReplayResult } from '@sallyport/policy/replay';
import { recordedEvent, type RecordedParts } from '@sallyport/policy/testing';
import type { Rig } from './rig.ts';

/** Writes values as JSON, one per line. */
export const ndjson = (events: readonly unknown[]) => events.map((event) => `${JSON.stringify(event)}\n`).join('');

/** Returns a policy that allows one group. */
export const allowGroup = (group: string) => `allow: {or: [{groups: ${group}}]}`;

/** Replays events against a policy for the cluster dev. */
export async function replayPolicy(
  rig: Rig,
  policy: string,
  events: readonly (RecordedParts | Record<string, unknown>)[],
  ...args: string[]
) {
  const put = (name: string, text: string) => writeFileSync(path.join(rig.directory, name), text);
  put('policy.yaml', policy);
  put(
    'audit.ndjson',
    ndjson(events.map((event) => ('kind' in event || 'data' in event ? event : recordedEvent(event as RecordedParts)))),
  );
  const { code, out, err } = await rig.run(
    'policy',
    'replay',
    'audit.ndjson',
    '--policy',
    'policy.yaml',
    '--cluster',
    'dev',
    '-o',
    'json',
    ...args,
  );
  return { code, err, result: (out === '' ? undefined : JSON.parse(out)) as ReplayResult };
}
