import type { Command } from 'commander';
import { listSessions } from '../sessions/list-sessions.ts';
import { requireCredential, openGateway } from '../gateway/open-gateway.ts';
import { CliError } from '../terminal/cli-error.ts';
import { withTimes } from '../terminal/times.ts';
import { writeList } from '../terminal/table.ts';
import type { Environment } from '../environment/environment.ts';
import { listFormats, withExample, withGateway } from './command-kit.ts';
import { listStreams, type StreamOptions } from '../sessions/list-streams.ts';
import { revokeSessions, type RevokeOptions } from '../sessions/revoke-sessions.ts';
import { sessionColumns } from '../sessions/session-columns.ts';

type ListOptions = StreamOptions & { streams?: boolean };

/** Options that a list of sessions would ignore. The user must not believe that they narrow it. */
const ofStreams = ['ended', 'cluster', 'session'] as const;

async function list(environment: Environment, options: ListOptions): Promise<void> {
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

/** `sallyport sessions list|revoke`. */
export function addSessions(program: Command, environment: Environment): void {
  const sessions = program.command('sessions').description('list and revoke sessions, and list their streams');
  const listing = sessions
    .command('list')
    .description('list your sessions (* marks the one in use), or with --streams their open streams')
    .option('--all', 'include all users, if the gateway allows it')
    .option(
      '--streams',
      'list open streams (exec, attach, port-forward, logs -f, watch) of all replicas of the gateway instead of sessions',
    )
    .option('--ended', 'with --streams: list recently ended streams, with the reason if the gateway ended them')
    .option('--user <name>', 'only this user, if the gateway allows it')
    .option('--cluster <name>', 'with --streams: only streams to this cluster')
    .option('--session <id>', 'with --streams: only streams of this session')
    .action((options: ListOptions) => list(environment, options));
  withExample(
    withGateway(listing, listFormats),
    'sallyport sessions list --all',
    'sallyport sessions list --streams',
    'sallyport sessions list --streams --all --user bob@example.com -o wide',
    'sallyport sessions list --streams --ended',
  );
  const revoking = sessions
    .command('revoke')
    .description('end sessions at once, and their open streams within a second')
    .argument('[session...]', 'ids from the first column of "sessions list", or their first characters')
    .option('--user <name>', 'all sessions of this user: yourself, or another user if the gateway allows it')
    .option(
      '--service-accounts',
      'with --user: also end the service accounts that this user made, which otherwise continue',
    )
    .option(
      '--all-sessions',
      'everything: the sessions of all users, agents, workloads and service accounts, if the gateway allows it; asks for confirmation',
    )
    .option('--provider <id>', 'with --user or --all-sessions: only sessions from this identity provider')
    .option(
      '--stream <id>',
      'end only this open stream; can be repeated, ids or their beginnings are in "sessions list --streams"',
      (id: string, before: string[] | undefined) => [...(before ?? []), id],
    )
    .option('--yes', 'do not ask for confirmation')
    .action((ids: string[], options: RevokeOptions) => revokeSessions(environment, ids, options));
  withExample(
    withGateway(revoking),
    'sallyport sessions revoke 5f0c6a1e',
    'sallyport sessions revoke --user bob@example.com',
    'sallyport sessions revoke --user bob@example.com --service-accounts',
    'sallyport sessions revoke --all-sessions --yes',
    'sallyport sessions revoke --stream 0b7c1c0e-5d0a-4f0e-9a50-2f7f0b0f6f11',
  );
  withExample(
    sessions,
    'sallyport sessions list',
    'sallyport sessions list --streams',
    'sallyport sessions revoke 5f0c6a1e',
  );
}
