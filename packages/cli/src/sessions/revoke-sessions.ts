import { callApi } from '../gateway/call-api.ts';
import { resolveSessionIds, resolveStreamIds } from './list-sessions.ts';
import { noteUnrecorded } from '../gateway/expect-ok.ts';
import { fieldOf } from '../input/untrusted.ts';
import { callAsUser, openGateway, type OpenGateway } from '../gateway/open-gateway.ts';
import { usageError } from '../terminal/cli-error.ts';
import { confirm } from '../terminal/confirm.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { isData, writeResult } from '../terminal/output.ts';
import type { Environment } from '../environment/environment.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';

const api = '/.sallyport/api/v1';

export type RevokeOptions = GatewayOptions & {
  user?: string;
  provider?: string;
  allSessions?: boolean;
  serviceAccounts?: boolean;
  stream?: string[];
  yes?: boolean;
};

/** What can be ended by its id. */
const kinds = {
  sessions: { noun: 'session', done: 'Revoked', list: 'sallyport sessions list', resolve: resolveSessionIds },
  streams: {
    noun: 'stream',
    done: 'Ended stream',
    list: 'sallyport sessions list --streams',
    resolve: resolveStreamIds,
  },
} as const;

async function endByName(
  environment: Environment,
  gateway: OpenGateway,
  { kind, ids }: { kind: keyof typeof kinds; ids: readonly string[] },
  options: RevokeOptions,
): Promise<void> {
  const { noun, done, list, resolve } = kinds[kind];
  const wrong = ids.find((id) => !/^[A-Za-z0-9_.:-]{1,200}…?$/.test(id));
  if (wrong !== undefined) throw usageError(`"${wrong}" is not a ${noun} id`, `To list ${noun}s, run: ${list}`);
  const ended: string[] = [];
  let unrecorded: unknown;
  // All of them are known before the first one ends.
  for (const id of await resolve(gateway, ids)) {
    const answer = await callAsUser(gateway, { method: 'DELETE', path: `${api}/${kind}/${encodeURIComponent(id)}` });
    if (fieldOf(answer, 'recorded') === false) unrecorded = answer;
    ended.push(id);
    if (!isData(options.output)) environment.stdout.write(`${done} ${forTerminal(id)}.\n`);
  }
  noteUnrecorded(environment, unrecorded);
  const body = kind === 'sessions' ? { revoked: ended } : { ended };
  if (isData(options.output)) await writeResult(environment, options.output, body, () => '');
}

/** Says that service accounts of the user go on, which an operator who ends the sessions of a person may not expect. */
function noteLeft(environment: Environment, user: string | undefined, left: number | undefined): void {
  if (user === undefined || left === undefined) return;
  const accounts = left === 1 ? '1 service account' : `${left} service accounts`;
  environment.stderr.write(
    `${accounts} that ${forTerminal(user)} made ${left === 1 ? 'goes' : 'go'} on. To end them too, add --service-accounts.\n`,
  );
}

async function revokeMany(environment: Environment, gateway: OpenGateway, options: RevokeOptions): Promise<void> {
  const { user, provider } = options;
  const whose = user === undefined ? 'all users' : user;
  const from = provider === undefined ? '' : ` of ${provider}`;
  if (user === undefined)
    await confirm(
      environment,
      provider === undefined
        ? `This logs all users out of ${gateway.address.origin}, ends all agents, workloads and service accounts, and closes their streams.`
        : `This logs all users${from} out of ${gateway.address.origin} and closes their streams.`,
      options,
    );
  const all = user === undefined ? 'true' : undefined;
  const query = { all, user, provider, serviceAccounts: options.serviceAccounts === true ? 'true' : undefined };
  const answer = await callApi(gateway, 'DELETE /sessions', 'the revocation', { query, timeoutMs: 40_000 });
  const { revoked, serviceAccountsLeft } = answer;
  await writeResult(
    environment,
    options.output,
    { revoked, serviceAccountsLeft },
    () => `Revoked ${revoked} session${revoked === 1 ? '' : 's'} of ${forTerminal(whose)}${forTerminal(from)}.\n`,
  );
  noteLeft(environment, user, serviceAccountsLeft);
  noteUnrecorded(environment, answer);
}

/**
 * `sallyport sessions revoke`: ends the named sessions, all sessions of one user, the sessions of all users, or the named
 * streams.
 */
export async function revokeSessions(environment: Environment, ids: string[], options: RevokeOptions): Promise<void> {
  const { stream = [] } = options;
  const ways = [ids.length > 0, stream.length > 0, options.user !== undefined, options.allSessions === true].filter(
    Boolean,
  ).length;
  if (ways !== 1)
    throw usageError(
      ways === 0 ? 'no session is given' : 'sessions are given in more than one way',
      'Give session ids, --stream ID, --user NAME or --all-sessions. See "sallyport sessions revoke --help".',
    );
  if (options.user === '') throw usageError('--user is empty', 'Write --user bob@example.com.');
  if (ids.length + stream.length > 0 && options.provider !== undefined)
    throw usageError('--provider needs --user or --all-sessions', 'An id is enough to name a session.');
  if (options.serviceAccounts === true && (options.user === undefined || options.provider !== undefined))
    throw usageError('--service-accounts goes with --user alone', 'Write --user bob@example.com --service-accounts.');
  const gateway = await openGateway(environment, options);
  if (ids.length > 0) return endByName(environment, gateway, { kind: 'sessions', ids }, options);
  if (stream.length > 0) return endByName(environment, gateway, { kind: 'streams', ids: stream }, options);
  return revokeMany(environment, gateway, options);
}
