import { readAnswer, streamsSchema, type StreamsAnswer } from '../gateway/answers.ts';
import { callAsUser, openGateway } from '../gateway/open-gateway.ts';
import { CliError } from '../terminal/cli-error.ts';
import { render } from '../terminal/output.ts';
import { table } from '../terminal/table.ts';
import type { Environment } from '../environment/environment.ts';
import { streamTable } from './stream-rows.ts';

export type StreamOptions = {
  gateway?: string;
  output: 'text' | 'json' | 'wide';
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

function text({ streams }: StreamsAnswer, { ended = false, output }: StreamOptions): string {
  if (streams.length === 0) return ended ? 'No stream has ended recently.\n' : 'No stream is open.\n';
  const { heading, rows } = streamTable(streams, { ended, wide: output === 'wide' });
  return table(heading, rows);
}

/**
 * Throws a CliError if the list is incomplete, so that a script does not take a part of the streams for all of them.
 */
function refuseIncomplete({ missing, omitted }: StreamsAnswer): void {
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
  const body = await callAsUser(openGateway(environment, options.gateway), {
    method: 'GET',
    path: `/.sallyport/api/v1/streams${queryOf(options)}`,
  });
  const answer = readAnswer(streamsSchema, body, 'the streams');
  environment.stdout.write(render(options.output === 'json' ? 'json' : 'text', answer, () => text(answer, options)));
  refuseIncomplete(answer);
}
