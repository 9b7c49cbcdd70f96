import { readAnswer, revokedSchema } from '../gateway/answers.ts';
import { callAsPerson, openGateway, type OpenGateway } from '../gateway/open-gateway.ts';
import { CliError } from '../terminal/cli-error.ts';
import { confirm } from '../terminal/confirm.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { render } from '../terminal/output.ts';
import type { Environment } from '../environment/environment.ts';
import type { GatewayOptions } from './command-kit.ts';

const sessionsPath = '/.sallyport/api/v1/sessions';

export type RevokeOptions = GatewayOptions & { user?: string; provider?: string; allSessions?: boolean; yes?: boolean };

async function revokeByName(
  environment: Environment,
  gateway: OpenGateway,
  ids: readonly string[],
  options: RevokeOptions,
): Promise<void> {
  const wrong = ids.find((id) => !/^[A-Za-z0-9_.:-]{1,200}$/.test(id));
  if (wrong !== undefined)
    throw new CliError('usage', `"${wrong}" is not a session's name`, 'See "sallyport sessions list".');
  const revoked: string[] = [];
  for (const id of ids) {
    await callAsPerson(gateway, { method: 'DELETE', path: `${sessionsPath}/${encodeURIComponent(id)}` });
    revoked.push(id);
    if (options.output !== 'json') environment.stdout.write(`Revoked ${forTerminal(id)}.\n`);
  }
  if (options.output === 'json') environment.stdout.write(render('json', { revoked }, () => ''));
}

async function revokeMany(environment: Environment, gateway: OpenGateway, options: RevokeOptions): Promise<void> {
  const { user, provider } = options;
  const whose = user === undefined ? 'everybody' : user;
  const from = provider === undefined ? '' : ` of ${provider}`;
  if (user === undefined)
    await confirm(
      environment,
      `This logs everybody${from} out of ${gateway.address.origin}, and cuts what they have open.`,
      options,
    );
  const query = new URLSearchParams({
    ...(user === undefined ? { all: 'true' } : { user }),
    ...(provider === undefined ? {} : { provider }),
  });
  const { revoked } = readAnswer(
    revokedSchema,
    await callAsPerson(gateway, { method: 'DELETE', path: `${sessionsPath}?${query.toString()}`, timeoutMs: 40_000 }),
    'what was revoked',
  );
  environment.stdout.write(
    render(
      options.output === 'json' ? 'json' : 'text',
      { revoked },
      () => `Revoked ${revoked} session${revoked === 1 ? '' : 's'} of ${forTerminal(whose)}${forTerminal(from)}.\n`,
    ),
  );
}

/** `sallyport sessions revoke`: those that are named, all of a person's, or everybody's. */
export async function revokeSessions(environment: Environment, ids: string[], options: RevokeOptions): Promise<void> {
  const ways = [ids.length > 0, options.user !== undefined, options.allSessions === true].filter(Boolean).length;
  if (ways !== 1)
    throw new CliError(
      'usage',
      ways === 0 ? 'no session is named' : 'sessions are named in more than one way',
      'Name sessions, or give --user NAME, or --all-sessions; see "sallyport sessions revoke --help".',
    );
  if (options.user === '') throw new CliError('usage', 'the user has no name', 'Write --user bob@example.com.');
  if (ids.length > 0 && options.provider !== undefined)
    throw new CliError(
      'usage',
      '--provider goes with --user or --all-sessions',
      'A session has one name, whatever its provider.',
    );
  const gateway = openGateway(environment, options.gateway);
  await (ids.length > 0 ? revokeByName(environment, gateway, ids, options) : revokeMany(environment, gateway, options));
}
