import { callApi } from '../gateway/call-api.ts';
import { type SessionRow } from '@sallyport/contracts/answers';
import type { GatewayNames } from '../gateway/find-gateway.ts';
import { isWholeId, resolveId } from '../input/resolve-id.ts';
import { readableTime, readableSpan, withTimes } from '../terminal/times.ts';
import { type OpenGateway, requireCredential, openGateway } from '../gateway/open-gateway.ts';
import { type Column, writeList, type ListOptions } from '../terminal/table.ts';
import { usageError } from '../terminal/cli-error.ts';
import type { Environment } from '../environment/environment.ts';

/** A session that ends within this time is about to end. */
const soonMs = 15 * 60_000;

/** Returns the columns of a list of sessions. `mine` is the session in use. */
export function sessionColumns(mine: string, now: number): Column<SessionRow>[] {
  const endsSoon = ({ expiresAt }: SessionRow) => expiresAt !== undefined && expiresAt - now < soonMs;
  const until = (session: SessionRow) =>
    `${readableTime(session.expiresAt)}${endsSoon(session) ? ` (in ${readableSpan(session.expiresAt! - now)})` : ''}`;
  return [
    { name: 'SESSION', cell: ({ id }) => (id === mine ? `${id} *` : id), shrinks: true },
    { name: 'USER', cell: sessionUser, shrinks: true },
    { name: 'KIND', cell: ({ kind }) => kind ?? '' },
    { name: 'SINCE', cell: ({ createdAt }) => readableTime(createdAt) },
    { name: 'UNTIL', cell: until, tone: (session) => (endsSoon(session) ? 'warning' : undefined) },
    { name: 'IDLE-UNTIL', cell: ({ idleEndsAt }) => readableTime(idleEndsAt), wide: true },
    { name: 'PROVIDER', cell: ({ provider }) => provider ?? '', wide: true },
    { name: 'FROM', cell: ({ clientAddress }) => clientAddress ?? '' },
    { name: 'PROGRAM', cell: ({ userAgent }) => userAgent ?? '', shrinks: true },
  ];
}

type SessionQuery = { all?: boolean; user?: string };

export const sessionUser = ({ user, identity }: SessionRow): string => user ?? identity?.user ?? '';

/** Lists the user's own sessions, those of all users, or those of one. */
export async function listSessions(gateway: OpenGateway, { all, user }: SessionQuery = {}) {
  return callApi(gateway, 'GET /sessions', 'the sessions', { query: { all: all === true ? 'true' : undefined, user } });
}

/**
 * Returns the complete ids of sessions. Each of them may be the beginning of one, among all sessions that the user can
 * see. Throws a CliError if one is not unique.
 */
export async function resolveSessionIds(gateway: OpenGateway, texts: readonly string[]): Promise<string[]> {
  if (texts.every(isWholeId)) return [...texts];
  const own = await listSessions(gateway);
  const { sessions } = own.maySeeAll === true ? await listSessions(gateway, { all: true }) : own;
  const listed = {
    kind: 'session',
    listedBy: own.maySeeAll === true ? 'sallyport sessions list --all' : 'sallyport sessions list',
    entries: sessions.map((one) => ({ id: one.id, about: `${sessionUser(one)} since ${readableTime(one.createdAt)}` })),
  };
  return texts.map((text) => (isWholeId(text) ? text : resolveId(text, listed)));
}

/**
 * Returns the complete ids of open streams. Each of them may be the beginning of one, among all streams that the user can
 * see. Throws a CliError if one is not unique.
 */
export async function resolveStreamIds(gateway: OpenGateway, texts: readonly string[]): Promise<string[]> {
  if (texts.every(isWholeId)) return [...texts];
  const all = (await listSessions(gateway)).maySeeAll === true;
  const { streams } = await callApi(gateway, 'GET /streams', 'the streams', {
    query: { all: all ? 'true' : undefined },
  });
  const listed = {
    kind: 'stream',
    listedBy: `sallyport sessions list --streams${all ? ' --all' : ''}`,
    entries: streams.map(({ id, user, kind, cluster, since }) => ({
      id,
      about: `${kind} of ${user} on ${cluster} since ${readableTime(since)}`,
    })),
  };
  return texts.map((text) => (isWholeId(text) ? text : resolveId(text, listed)));
}

export type SessionListOptions = GatewayNames &
  ListOptions & {
    streams?: boolean;
    ended?: boolean;
    all?: boolean;
    user?: string;
    cluster?: string;
    session?: string;
  };

/** Options that a list of sessions would ignore. The user must not believe that they narrow it. */
const ofStreams = ['ended', 'cluster', 'session'] as const;

export async function showSessions(environment: Environment, options: SessionListOptions): Promise<void> {
  const stray = ofStreams.find((name) => options[name] !== undefined);
  if (stray !== undefined)
    throw usageError(
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
