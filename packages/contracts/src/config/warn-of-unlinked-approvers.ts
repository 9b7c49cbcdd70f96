import { claimsSource } from './directory.ts';
import { elevationGroups, type ElevationEntry } from './elevation.ts';
import type { Config } from './index.ts';
import type { ProviderConfig } from './provider.ts';

type Decider = { path: string; by: unknown };

/** Returns who approves and who reviews an entry. */
function decidersOf({ approvers, approverSets, review }: ElevationEntry, index: number): Decider[] {
  const path = `elevations.${index}`;
  return [
    ...(approvers == null ? [] : [{ path: `${path}.approvers`, by: approvers }]),
    ...(approverSets ?? []).map(({ by }, place) => ({ path: `${path}.approverSets.${place}.by`, by })),
    ...(review == null ? [] : [{ path: `${path}.review.by`, by: review.by }]),
  ];
}

/** Reports whether users of a provider can log in without an address for which it, or the operator, vouches. */
function admitsUnverified({ claims, requireClaims, userFallback }: ProviderConfig): boolean {
  const isNamedByEmail = claims.user === 'email' || claims.user === claims.email;
  return (!isNamedByEmail || userFallback) && !Object.hasOwn(requireClaims, claims.emailVerified);
}

/** Reports whether users of a provider could be among these. Only a list of groups tells that they are not. */
function couldBe(by: unknown, { prefix }: ProviderConfig): boolean {
  return elevationGroups(by)?.some((group) => group.startsWith(prefix.groups)) ?? true;
}

/**
 * Warns of approvers and reviewers who can have an account of which nothing tells whose it is: it has no verified address,
 * and no directory knows it. With such an account, a person could approve their own request.
 */
export function warnOfUnlinkedApprovers({
  identity,
  elevations,
}: Pick<Config, 'identity' | 'elevations'>): { path: string; message: string; hint: string }[] {
  const files = identity.directory.sources.filter(({ kind }) => kind === 'map').map(({ id }) => id);
  const unlinked = identity.providers.filter(
    (provider) =>
      admitsUnverified(provider) &&
      provider.groupSources.every((source) => source === claimsSource || files.includes(source)),
  );
  return elevations.flatMap(decidersOf).flatMap(({ path, by }) =>
    unlinked
      .filter((provider) => couldBe(by, provider))
      .map(({ id, claims }) => ({
        path,
        message: `can be met with an account of ${id} that has no verified address, and no directory says whose it is: a person could decide about their own request with a second account`,
        hint: `set requireClaims: {${claims.emailVerified}: true} at ${id}, or name a source of the directory in its groupSources`,
      })),
  );
}
