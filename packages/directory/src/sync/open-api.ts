import { readFileSync } from 'node:fs';
import type { OutboundFetch } from '@sallyport/kit';
import { createAccessToken } from '../api/access-token.ts';
import { createApiClient, type ApiClient } from '../api/create-api-client.ts';
import { googleTokenForm } from './google-token-form.ts';
import type { SyncedSource } from './snapshot.ts';

export type OpenApiDeps = {
  fetch: OutboundFetch;
  resolvePath(file: string): string;
  now: () => number;
  sleep(ms: number): Promise<void>;
  closed(): boolean;
};

/** Creates the API client of a source, with the headers by which its kind of API authenticates a client. */
export function openApi(source: SyncedSource, deps: OpenApiDeps): ApiClient {
  const { resolvePath, ...common } = deps;
  const { fetch, now } = common;
  const { url } = source;
  if (source.kind === 'google') {
    const accessToken = createAccessToken({
      fetch,
      url: source.tokenUrl,
      now,
      form: async () =>
        googleTokenForm(readFileSync(resolvePath(source.serviceAccountFile), 'utf8'), {
          admin: source.admin,
          tokenUrl: source.tokenUrl,
          now: now(),
        }),
    });
    return createApiClient({
      ...common,
      url,
      headers: async () => ({ authorization: `Bearer ${await accessToken()}` }),
    });
  }
  const token = () => source.token ?? readFileSync(resolvePath(source.tokenFile!), 'utf8').trim();
  if (source.kind === 'okta')
    return createApiClient({ ...common, url, headers: async () => ({ authorization: `SSWS ${token()}` }) });
  return createApiClient({
    ...common,
    url,
    headers: async () => ({
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${token()}`,
      'user-agent': 'sallyport',
      'x-github-api-version': '2022-11-28',
    }),
  });
}
