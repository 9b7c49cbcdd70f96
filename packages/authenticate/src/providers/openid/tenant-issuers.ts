import { claimsOfTemplate, type ProviderConfig } from '@sallyport/contracts';

type TenantIssuer = { issuer: string; claims: Readonly<Record<string, string>> };

/**
 * Returns the issuers that `issuerTemplate` stands for, each with the claims that it is built from: one for every
 * tenant that `requireClaims` allows.
 */
export function tenantIssuers({
  issuerTemplate,
  requireClaims,
}: Pick<ProviderConfig, 'issuerTemplate' | 'requireClaims'>): TenantIssuer[] {
  if (issuerTemplate === undefined) return [];
  const names = [...new Set(claimsOfTemplate(issuerTemplate))];
  return names.reduce<TenantIssuer[]>(
    (issuers, name) => {
      const values = [requireClaims[name]].flat().filter((value) => typeof value === 'string');
      return issuers.flatMap(({ issuer, claims }) =>
        values.map((value) => ({
          issuer: issuer.replaceAll(`{${name}}`, () => value),
          claims: { ...claims, [name]: value },
        })),
      );
    },
    [{ issuer: issuerTemplate, claims: {} }],
  );
}
