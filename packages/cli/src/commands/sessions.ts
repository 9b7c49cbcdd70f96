import type { Command } from 'commander';
import type { Environment } from '../environment/environment.ts';
import type { SessionListOptions } from '../sessions/list-sessions.ts';
import { collect, lazily, withExample, withGateway, withGatewayNames, withList, withPage } from './command-kit.ts';

/** `sallyport sessions list|watch|revoke`. */
export function addSessions(program: Command, environment: Environment): void {
  const sessions = program
    .command('sessions')
    .description('list and revoke sessions, and list and watch their streams');
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
    .action(
      lazily(
        environment,
        async () => async (at: Environment, options: SessionListOptions) =>
          options.streams === true
            ? (await import('../sessions/list-streams.ts')).listStreams(at, options)
            : (await import('../sessions/list-sessions.ts')).showSessions(at, options),
        () => '/',
      ),
    );
  withExample(
    withPage(withList(listing)),
    'sallyport sessions list --all',
    'sallyport sessions list --streams',
    'sallyport sessions list --streams --all --user bob@example.com -o wide',
    'sallyport sessions list --streams --ended',
  );
  const watching = sessions
    .command('watch')
    .description('show a running recorded session (exec or attach) as it goes on, if the gateway allows it')
    .argument('<stream>', 'an id from "sessions list --streams", or its first characters')
    .action(lazily(environment, async () => (await import('../recordings/watch-stream.ts')).watchStream));
  withExample(withGatewayNames(watching), 'sallyport sessions watch 0b7c1c0e');
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
      collect,
    )
    .option('--yes', 'do not ask for confirmation')
    .action(lazily(environment, async () => (await import('../sessions/revoke-sessions.ts')).revokeSessions));
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
