import { z } from 'zod';
import type { SourceConfigOf } from '@sallyport/contracts';
import type { OutboundFetch } from '@sallyport/kit';
import { createAccessToken } from './access-token.ts';
import { createApiClient } from './create-api-client.ts';
import { ApiFailure } from './create-requester.ts';

/** The one call of Microsoft Graph that is used here. */
export type Graph = {
  /**
   * Returns the ids of the groups and directory roles of a user, including those through nested groups. Undefined if the
   * user does not exist. Rejects with an ApiFailure.
   */
  memberObjects(objectId: string): Promise<string[] | undefined>;
};

const answerSchema = z.object({ value: z.array(z.string().min(1)), '@odata.nextLink': z.string().optional() });
/** A user waits for the answer during a login. */
const patience = { tries: 3, maxWaitMs: 2000 };

/** Creates the client. It authenticates as an application (client credentials), so it needs no user's token. */
export function createGraph(deps: {
  source: SourceConfigOf<'entra'>;
  fetch: OutboundFetch;
  now: () => number;
  sleep(ms: number): Promise<void>;
}): Graph {
  const { source, fetch, now, sleep } = deps;
  const accessToken = createAccessToken({
    fetch,
    now,
    url: `${source.loginUrl}/${source.tenant}/oauth2/v2.0/token`,
    form: async () => ({
      grant_type: 'client_credentials',
      client_id: source.clientId,
      client_secret: source.clientSecret,
      scope: `${new URL(source.url).origin}/.default`,
    }),
  });
  const api = createApiClient({
    fetch,
    url: source.url,
    now,
    sleep,
    patience,
    headers: async () => ({ authorization: `Bearer ${await accessToken()}` }),
  });
  const all = async (first: string) => {
    const ids: string[] = [];
    for (let url: string | undefined = first; url !== undefined;) {
      const answer: Awaited<ReturnType<typeof api.post>> = await (url === first
        ? api.post(url, { securityEnabledOnly: true })
        : api.get(url));
      const parsed = answerSchema.safeParse(answer.body);
      if (!parsed.success) throw new ApiFailure('Microsoft Graph gave an unexpected answer');
      ids.push(...parsed.data.value);
      url = parsed.data['@odata.nextLink'];
    }
    return ids;
  };
  return {
    async memberObjects(objectId) {
      try {
        return await all(`${source.url}/users/${encodeURIComponent(objectId)}/getMemberObjects`);
      } catch (error) {
        if (error instanceof ApiFailure && error.status === 404) return undefined;
        throw error;
      }
    },
  };
}
