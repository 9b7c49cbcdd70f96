import type { Command } from 'commander';
import { readAnswer, sessionsSchema, type SessionRow } from '../gateway/answers.ts';
import { callAsPerson, needCredential, openGateway } from '../gateway/open-gateway.ts';
import { CliError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { render } from '../terminal/output.ts';
import { table } from '../terminal/table.ts';
import type { World } from '../world.ts';
import { withExample, withGateway, type GatewayOptions } from './command-kit.ts';
import { listStreams, type StreamOptions } from './list-streams.ts';

const sessionsPath = '/.sallyport/api/v1/sessions';

function row(session: SessionRow, mine: string): string[] {
  const moment = (ms: number | undefined) => (ms === undefined ? '' : new Date(ms).toISOString());
  const user = session.user ?? session.identity?.user ?? '';
  return [session.id === mine ? `${session.id} *` : session.id, user, session.kind ?? '', moment(session.createdAt), moment(session.expiresAt), session.clientAddress ?? '', session.userAgent ?? ''];
}

type ListOptions = StreamOptions & { streams?: boolean };

/** Options that a list of sessions would ignore: what narrows a list must not be taken for granted. */
const ofStreams = ['ended', 'user', 'cluster', 'session'] as const;

async function list(world: World, options: ListOptions): Promise<void> {
  if (options.streams === true) return listStreams(world, options);
  const stray = ofStreams.find((name) => options[name] !== undefined);
  if (stray !== undefined) throw new CliError('usage', `--${stray} is about streams`, `Write: sallyport sessions list --streams --${stray}${stray === 'ended' ? '' : ` ${options[stray]!}`}`);
  const gateway = openGateway(world, options.gateway);
  const mine = needCredential(gateway).sessionId;
  const { sessions } = readAnswer(sessionsSchema, await callAsPerson(gateway, { method: 'GET', path: `${sessionsPath}${options.all === true ? '?all=true' : ''}` }), 'the sessions');
  world.stdout.write(render(options.output === 'json' ? 'json' : 'text', { sessions }, () => (
    table(['SESSION', 'USER', 'KIND', 'SINCE', 'UNTIL', 'FROM', 'PROGRAM'], sessions.map((session) => row(session, mine)))
  )));
}

async function revoke(world: World, ids: string[], options: GatewayOptions): Promise<void> {
  const gateway = openGateway(world, options.gateway);
  const wrong = ids.find((id) => !/^[A-Za-z0-9_.:-]{1,200}$/.test(id));
  if (wrong !== undefined) throw new CliError('usage', `"${wrong}" is not a session's name`, 'See "sallyport sessions list".');
  const revoked: string[] = [];
  for (const id of ids) {
    await callAsPerson(gateway, { method: 'DELETE', path: `${sessionsPath}/${encodeURIComponent(id)}` });
    revoked.push(id);
    if (options.output === 'text') world.stdout.write(`Revoked ${forTerminal(id)}.\n`);
  }
  if (options.output === 'json') world.stdout.write(render('json', { revoked }, () => ''));
}

/** `sallyport sessions list|revoke`. */
export function addSessions(program: Command, world: World): void {
  const sessions = program.command('sessions').description('see and end sessions, and see the streams that are open in them');
  const listing = sessions.command('list').description('list your sessions (the one that you use now is marked with *), or with --streams what is open in them')
    .option('--all', 'those of everybody, where the gateway allows it')
    .option('--streams', 'open streams (exec, attach, port-forward, logs -f, watch) over all replicas of the gateway, instead of sessions')
    .option('--ended', 'with --streams: those that have ended lately, with the reason where the gateway ended them')
    .option('--user <name>', 'with --streams: only those of one user')
    .option('--cluster <name>', 'with --streams: only those to one cluster')
    .option('--session <id>', 'with --streams: only those of one session')
    .action((options: ListOptions) => list(world, options));
  withExample(withGateway(listing, ['wide']), 'sallyport sessions list --all', 'sallyport sessions list --streams', 'sallyport sessions list --streams --all --user bob@example.com -o wide', 'sallyport sessions list --streams --ended');
  const revoking = sessions.command('revoke').description('end sessions at once, and every stream that is open in them within a second').argument('<session...>', 'what "sessions list" shows in its first column')
    .action((ids: string[], options: GatewayOptions) => revoke(world, ids, options));
  withExample(withGateway(revoking), 'sallyport sessions revoke 5f0c6a1e');
  withExample(sessions, 'sallyport sessions list', 'sallyport sessions list --streams', 'sallyport sessions revoke 5f0c6a1e');
}
