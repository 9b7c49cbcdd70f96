import { readAnswer } from '../gateway/read-answer.ts';
import { sessionsSchema, type SessionRow, streamListSchema } from '@sallyport/contracts/answers';
import { isWholeId, resolveId } from '../input/resolve-id.ts';
import { readableTime } from '../terminal/times.ts';
import { callAsUser, type OpenGateway } from '../gateway/open-gateway.ts';

type SessionQuery = { all?: boolean; user?: string };

/** Returns the user of a session. */
export const sessionUser = ({ user, identity }: SessionRow): string => user ?? identity?.user ?? '';

/** Lists the user's own sessions, those of all users, or those of one. */
export async function listSessions(gateway: OpenGateway, { all, user }: SessionQuery = {}) {
  const query = new URLSearchParams({
    ...(all === true ? { all: 'true' } : {}),
    ...(user === undefined ? {} : { user }),
  });
  const path = `/.sallyport/api/v1/sessions${query.size === 0 ? '' : `?${query.toString()}`}`;
  return readAnswer(sessionsSchema, await callAsUser(gateway, { method: 'GET', path }), 'the sessions');
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
  const path = `/.sallyport/api/v1/streams${all ? '?all=true' : ''}`;
  const { streams } = readAnswer(streamListSchema, await callAsUser(gateway, { method: 'GET', path }), 'the streams');
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
