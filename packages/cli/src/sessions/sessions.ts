import { listSessions } from './list-sessions.ts';
import { requireCredential, openGateway } from '../gateway/open-gateway.ts';
import { CliError } from '../terminal/cli-error.ts';
import { withTimes } from '../terminal/times.ts';
import { writeList } from '../terminal/table.ts';
import type { Environment } from '../environment/environment.ts';
import { listStreams, type StreamOptions } from './list-streams.ts';
import { sessionColumns } from './session-columns.ts';

export type SessionListOptions = StreamOptions & { streams?: boolean };

/** Options that a list of sessions would ignore. The user must not believe that they narrow it. */
const ofStreams = ['ended', 'cluster', 'session'] as const;

export async function showSessions(environment: Environment, options: SessionListOptions): Promise<void> {
  if (options.streams === true) return listStreams(environment, options);
  const stray = ofStreams.find((name) => options[name] !== undefined);
  if (stray !== undefined)
    throw new CliError(
      'usage',
      `--${stray} needs --streams`,
      `Write: sallyport sessions list --streams --${stray}${stray === 'ended' ? '' : ` ${options[stray]!}`}`,
    );
  const gateway = await openGateway(environment, options);
  const mine = requireCredential(gateway).sessionId;
  const { sessions } = await listSessions(gateway, options);
  await writeList(
    environment,
    {
      rows: sessions,
      columns: sessionColumns(mine, environment.now()),
      name: ({ id }) => id,
      data: { sessions: sessions.map((session) => withTimes(session, ['createdAt', 'expiresAt', 'idleEndsAt'])) },
      none: 'There is no session.\n',
    },
    options,
  );
}
