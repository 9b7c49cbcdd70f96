import type { ProviderConfig } from '@sallyport/contracts';

/** Where GitHub's API is: at github.com and *.ghe.com on a host of its own, on a server of one's own below /api/v3. */
export function githubApiUrl({ issuer, apiUrl }: Pick<ProviderConfig, 'issuer' | 'apiUrl'>): string {
  if (apiUrl !== undefined) return apiUrl;
  const { protocol, host, hostname } = new URL(issuer);
  return hostname === 'github.com' || hostname.endsWith('.ghe.com') ? `${protocol}//api.${host}` : `${issuer}/api/v3`;
}
