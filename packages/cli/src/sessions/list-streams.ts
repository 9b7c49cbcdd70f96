import { readAnswer } from '../gateway/read-answer.ts';
import { streamListSchema, type StreamList } from '@sallyport/contracts/answers';
import type { GatewayNames } from '../gateway/find-gateway.ts';
import { resolveSessionIds } from './list-sessions.ts';
import { callAsUser, openGateway } from '../gateway/open-gateway.ts';
import { CliError } from '../terminal/cli-error.ts';
import { type ListOptions, writeList } from '../terminal/table.ts';
import { withTimes } from '../terminal/times.ts';
import type { Environment } from '../environment/environment.ts';
import { streamColumns } from './stream-columns.ts';

export type StreamOptions = GatewayNames &
  ListOptions & {
    ended?: boolean;
    all?: boolean;
    user?: string;
    cluster?: string;
    session?: string;
  };

function queryOf({ ended, all, user, cluster, session }: StreamOptions): string {
  const query = new URLSearchParams();
  if (ended === true) query.set('ended', 'true');
  if (all === true) query.set('all', 'true');
  for (const [name, value] of Object.entries({ user, cluster, session }))
    if (value !== undefined) query.set(name, value);
  return query.size === 0 ? '' : `?${query.toString()}`;
}

/**
 * Throws a CliError if the list is incomplete, so that a script does not take a part of the streams for all of them.
 */
function refuseIncomplete({ missing, omitted }: StreamList): void {
  if (missing.length > 0)
    throw new CliError(
      'incomplete',
      `the list is incomplete: ${missing.join(', ')} did not answer, so its streams are not shown`,
      'Try again. A gateway that crashed is forgotten after 16 seconds. Its streams ended when it crashed.',
    );
  if (omitted > 0)
    throw new CliError(
      'incomplete',
      `the list is incomplete: ${omitted} more streams do not fit into one list`,
      'Narrow it with --user, --cluster or --session.',
    );
}

/**
 * `sallyport sessions list --streams`: lists the open streams of all gateways, or those that ended recently, and why.
 */
export async function listStreams(environment: Environment, options: StreamOptions): Promise<void> {
  const gateway = await openGateway(environment, options);
  const [session] = options.session === undefined ? [] : await resolveSessionIds(gateway, [options.session]);
  const body = await callAsUser(gateway, {
    method: 'GET',
    path: `/.sallyport/api/v1/streams${queryOf({ ...options, ...(session === undefined ? {} : { session }) })}`,
  });
  const answer = readAnswer(streamListSchema, body, 'the streams');
  const { ended = false } = options;
  await writeList(
    environment,
    {
      rows: answer.streams,
      columns: streamColumns({ ended }),
      name: ({ id }) => id,
      data: { ...answer, streams: answer.streams.map((stream) => withTimes(stream, ['since', 'end'])) },
      none: ended ? 'No stream has ended recently.\n' : 'No stream is open.\n',
    },
    options,
  );
  refuseIncomplete(answer);
}
