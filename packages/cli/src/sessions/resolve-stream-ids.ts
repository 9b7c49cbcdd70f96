import { isWholeId, resolveId } from '../input/resolve-id.ts';
import { readableTime } from '../terminal/readable-time.ts';
import { readAnswer, streamsSchema } from '../gateway/answers.ts';
import { listSessions } from './list-sessions.ts';
import { callAsUser, type OpenGateway } from '../gateway/open-gateway.ts';

/**
 * Returns the complete ids of open streams. Each of them may be the beginning of one, among all streams that the user can
 * see. Throws a CliError if one is not unique.
 */
export async function resolveStreamIds(gateway: OpenGateway, texts: readonly string[]): Promise<string[]> {
  if (texts.every(isWholeId)) return [...texts];
  const all = (await listSessions(gateway)).maySeeAll === true;
  const path = `/.sallyport/api/v1/streams${all ? '?all=true' : ''}`;
  const { streams } = readAnswer(streamsSchema, await callAsUser(gateway, { method: 'GET', path }), 'the streams');
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
