import { z } from 'zod';
import type { SourceConfigOf } from '@sallyport/contracts';
import type { OutboundFetch } from '@sallyport/kit';
import { createAccessToken } from '../api/access-token.ts';
import { ApiFailure } from '../api/api-failure.ts';
import { createApiClient } from '../api/create-api-client.ts';

/** Microsoft Graph, as far as it is asked here. */
export type Graph = {
  /**
   * Ids of the groups and directory roles that somebody is in, also through others; undefined if there is no such
   * person. Rejects with an ApiFailure.
   */
  memberObjects(objectId: string): Promise<string[] | undefined>;
};

const answerSchema = z.object({ value: z.array(z.string().min(1)), '@odata.nextLink': z.string().optional() });
/** Somebody waits at a login. */
const patience = { tries: 3, maxWaitMs: 2000 };

/** Creates the client: an application of its own asks (client credentials), so that no token of a person is needed. */
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
      if (!parsed.success) throw new ApiFailure('Microsoft Graph answered in another form than is known');
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
