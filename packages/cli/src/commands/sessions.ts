import type { Command } from 'commander';
import { readAnswer, sessionsSchema, type SessionRow } from '../gateway/answers.ts';
import { callAsPerson, needCredential, openGateway } from '../gateway/open-gateway.ts';
import { CliError } from '../terminal/cli-error.ts';
import { render } from '../terminal/output.ts';
import { table } from '../terminal/table.ts';
import type { Environment } from '../environment/environment.ts';
import { withExample, withGateway } from './command-kit.ts';
import { listStreams, type StreamOptions } from './list-streams.ts';
import { revokeSessions, type RevokeOptions } from './revoke-sessions.ts';

const sessionsPath = '/.sallyport/api/v1/sessions';

function row(session: SessionRow, mine: string): string[] {
  const moment = (ms: number | undefined) => (ms === undefined ? '' : new Date(ms).toISOString());
  const user = session.user ?? session.identity?.user ?? '';
  return [
    session.id === mine ? `${session.id} *` : session.id,
    user,
    session.kind ?? '',
    moment(session.createdAt),
    moment(session.expiresAt),
    session.clientAddress ?? '',
    session.userAgent ?? '',
  ];
}

type ListOptions = StreamOptions & { streams?: boolean };

/** Options that a list of sessions would ignore: what narrows a list must not be taken for granted. */
const ofStreams = ['ended', 'cluster', 'session'] as const;

function queryOf({ all, user }: ListOptions): string {
  const query = new URLSearchParams({
    ...(all === true ? { all: 'true' } : {}),
    ...(user === undefined ? {} : { user }),
  });
  return query.size === 0 ? '' : `?${query.toString()}`;
}

async function list(environment: Environment, options: ListOptions): Promise<void> {
  if (options.streams === true) return listStreams(environment, options);
  const stray = ofStreams.find((name) => options[name] !== undefined);
  if (stray !== undefined)
    throw new CliError(
      'usage',
      `--${stray} is about streams`,
      `Write: sallyport sessions list --streams --${stray}${stray === 'ended' ? '' : ` ${options[stray]!}`}`,
    );
  const gateway = openGateway(environment, options.gateway);
  const mine = needCredential(gateway).sessionId;
  const { sessions } = readAnswer(
    sessionsSchema,
    await callAsPerson(gateway, { method: 'GET', path: `${sessionsPath}${queryOf(options)}` }),
    'the sessions',
  );
  environment.stdout.write(
    render(options.output === 'json' ? 'json' : 'text', { sessions }, () =>
      table(
        ['SESSION', 'USER', 'KIND', 'SINCE', 'UNTIL', 'FROM', 'PROGRAM'],
        sessions.map((session) => row(session, mine)),
      ),
    ),
  );
}

/** `sallyport sessions list|revoke`. */
export function addSessions(program: Command, environment: Environment): void {
  const sessions = program
    .command('sessions')
    .description('see and end sessions, and see the streams that are open in them');
  const listing = sessions
    .command('list')
    .description(
      'list your sessions (the one that you use now is marked with *), or with --streams what is open in them',
    )
    .option('--all', 'those of everybody, where the gateway allows it')
    .option(
      '--streams',
      'open streams (exec, attach, port-forward, logs -f, watch) over all replicas of the gateway, instead of sessions',
    )
    .option('--ended', 'with --streams: those that have ended lately, with the reason where the gateway ended them')
    .option('--user <name>', 'only those of one user, where the gateway allows it')
    .option('--cluster <name>', 'with --streams: only those to one cluster')
    .option('--session <id>', 'with --streams: only those of one session')
    .action((options: ListOptions) => list(environment, options));
  withExample(
    withGateway(listing, ['wide']),
    'sallyport sessions list --all',
    'sallyport sessions list --streams',
    'sallyport sessions list --streams --all --user bob@example.com -o wide',
    'sallyport sessions list --streams --ended',
  );
  const revoking = sessions
    .command('revoke')
    .description('end sessions at once, and every stream that is open in them within a second')
    .argument('[session...]', 'what "sessions list" shows in its first column')
    .option('--user <name>', "all sessions of one user: your own, or anybody's where the gateway allows it")
    .option('--all-sessions', 'those of everybody, where the gateway allows it; asks first')
    .option('--provider <id>', 'with --user or --all-sessions: only those that come from one identity provider')
    .option('--yes', 'do not ask')
    .action((ids: string[], options: RevokeOptions) => revokeSessions(environment, ids, options));
  withExample(
    withGateway(revoking),
    'sallyport sessions revoke 5f0c6a1e',
    'sallyport sessions revoke --user bob@example.com',
    'sallyport sessions revoke --all-sessions --yes',
  );
  withExample(
    sessions,
    'sallyport sessions list',
    'sallyport sessions list --streams',
    'sallyport sessions revoke 5f0c6a1e',
  );
}
