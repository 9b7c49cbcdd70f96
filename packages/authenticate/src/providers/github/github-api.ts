import type { ProviderConfig } from '@sallyport/contracts';
import { z } from 'zod';
import { boundFetch, type OutboundFetch } from '@sallyport/kit';

/** Returns the URL of GitHub's API: its own host at github.com and *.ghe.com, /api/v3 on GitHub Enterprise Server. */
export function githubApiUrl({ issuer, apiUrl }: Pick<ProviderConfig, 'issuer' | 'apiUrl'>): string {
  if (apiUrl !== undefined) return apiUrl;
  const { protocol, host, hostname } = new URL(issuer);
  return hostname === 'github.com' || hostname.endsWith('.ghe.com') ? `${protocol}//api.${host}` : `${issuer}/api/v3`;
}

/** An unexpected response of GitHub. `waits` is set if it is temporary. */
export class GithubRefusal extends Error {
  readonly status: number;
  readonly waits: boolean;
  readonly response: Response;

  constructor(path: string, response: Response) {
    super(`GitHub answered ${path} with status ${response.status}`);
    this.name = 'GithubRefusal';
    this.response = response;
    this.status = response.status;
    // GitHub sends rate limits as 403 as well as 429, with these headers.
    const limited =
      response.status === 403 &&
      (response.headers.get('x-ratelimit-remaining') === '0' || response.headers.has('retry-after'));
    this.waits = limited || response.status === 429 || response.status >= 500;
  }
}

/** GitHub's API on behalf of one user. Rejects with a GithubRefusal, or with the errors of fetch. */
export type GithubApi = {
  one<T>(path: string, schema: z.ZodType<T>): Promise<T>;
  /** Reads all pages of a list. */
  all<T>(path: string, schema: z.ZodType<T>): Promise<T[]>;
};

const timeoutMs = 5000;
/** Pages of a hundred entries. More are refused, because leaving some out could wrongly allow access. */
const maxPages = 20;

const nextOf = (link: string | null): string | undefined => /<([^<>]+)>\s*;[^<]*\brel="next"/.exec(link ?? '')?.[1];

/** Creates the API client. `apiUrl` has no trailing slash. */
export function createGithubApi(deps: { fetch: OutboundFetch; apiUrl: string; token: string }): GithubApi {
  const fetch = boundFetch(deps.fetch);
  const headers = {
    accept: 'application/vnd.github+json',
    authorization: `Bearer ${deps.token}`,
    'user-agent': 'sallyport',
    'x-github-api-version': '2022-11-28',
  };
  const get = async (url: string): Promise<{ body: unknown; next: string | undefined }> => {
    const response = await fetch(url, {
      method: 'GET',
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.status !== 200) throw new GithubRefusal(new URL(url).pathname, response);
    return { body: await response.json(), next: nextOf(response.headers.get('link')) };
  };
  return {
    one: async (path, schema) => schema.parse((await get(`${deps.apiUrl}${path}`)).body),
    async all(path, schema) {
      const found = [];
      let url: string | undefined = `${deps.apiUrl}${path}?per_page=100`;
      for (let page = 0; url !== undefined; page += 1) {
        if (page === maxPages) throw new Error(`GitHub has more than ${maxPages * 100} entries at ${path}`);
        // The token is sent only to the API, whatever the Link header names.
        if (!url.startsWith(`${deps.apiUrl}/`)) throw new Error("GitHub's next page is on another host");
        const { body, next } = await get(url);
        found.push(...z.array(schema).parse(body));
        url = next;
      }
      return found;
    },
  };
}
