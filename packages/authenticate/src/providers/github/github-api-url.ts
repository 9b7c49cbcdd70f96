import type { ProviderConfig } from '@sallyport/contracts';

/** Returns the URL of GitHub's API: its own host at github.com and *.ghe.com, /api/v3 on GitHub Enterprise Server. */
export function githubApiUrl({ issuer, apiUrl }: Pick<ProviderConfig, 'issuer' | 'apiUrl'>): string {
  if (apiUrl !== undefined) return apiUrl;
  const { protocol, host, hostname } = new URL(issuer);
  return hostname === 'github.com' || hostname.endsWith('.ghe.com') ? `${protocol}//api.${host}` : `${issuer}/api/v3`;
}
