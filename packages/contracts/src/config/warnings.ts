import { claimsSource } from './directory.ts';
import { elevationGroups, type ElevationEntry } from './elevation.ts';
import type { Config } from './index.ts';
import type { ProviderConfig } from './provider.ts';
import { publicIssuer } from './public-issuers.ts';
import { parseUserTemplate } from './user-template.ts';
import { workloadPrefix, workloadSource } from './workload-names.ts';
import type { WorkloadConfig } from './workload.ts';

type Warning = { path: string; message: string; hint: string };
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
export function warnOfUnlinkedApprovers({ identity, elevations }: Pick<Config, 'identity' | 'elevations'>): Warning[] {
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

/** Warns that a failover of Redis can lose the end of a session, or a step of an elevation, that was acknowledged. */
export function warnOfLostWrites({ sessions }: Pick<Config, 'sessions'>): Warning[] {
  if (!('redis' in sessions) || sessions.mode === 'single') return [];
  if (sessions.waitForReplicas !== undefined) return [];
  return [
    {
      path: 'sessions.waitForReplicas',
      message:
        'is missing: a failover of Redis can lose what the new master does not have yet, and so bring back an ended session or a revoked elevation',
      hint: 'add waitForReplicas: {count: 1, timeout: 500ms}',
    },
  ];
}

/**
 * Warns that sessions in Redis are never refreshed: without encryption keys no refresh tokens are kept, so the provider
 * is not asked whether a user is still active.
 */
export function warnOfUnkeptTokens({ sessions, identity }: Pick<Config, 'sessions' | 'identity'>): Warning[] {
  if (!('redis' in sessions) || sessions.encryption !== undefined || identity.providers.length === 0) return [];
  return [
    {
      path: 'sessions.encryption',
      message:
        'is missing: refresh tokens are not kept, so a session continues to its end even if the identity provider deactivates the user',
      hint: 'add keys: [{id: a, keyFile: ...}]; create the key with: openssl rand -base64 32',
    },
  ];
}

/** Reports whether jobs can choose the text of a claim, as far as the workload says. */
function isChosen({ match }: WorkloadConfig, claim: string): boolean {
  const expected = match[claim];
  return typeof expected !== 'string' || expected.includes('*');
}

/** Reports whether two claims of a user name can flow into each other, so that different claims give the same name. */
function claimsFlow(workload: WorkloadConfig): boolean {
  const parsed = parseUserTemplate(workload.user);
  if (typeof parsed === 'string') return false;
  let before: string | undefined;
  for (const part of parsed.parts) {
    if (typeof part !== 'string') {
      if (before !== undefined && isChosen(workload, before)) return true;
      before = part.claim;
    } else if (part.includes(':')) before = undefined;
  }
  return false;
}

function* warningsOf(workload: WorkloadConfig, index: number, all: readonly WorkloadConfig[]): Generator<Warning> {
  const { issuer, serviceAccounts, match, audience } = workload;
  const claims = Object.keys(match);
  const known = publicIssuer(issuer);
  if (known && !claims.some((claim) => known.places.includes(claim)))
    yield {
      path: `workloads.${index}.match`,
      message: `matches jobs of every branch, so that anyone who may push a branch can act as this workload`,
      hint: `also match one of ${known.places.join(', ')}`,
    };
  if (serviceAccounts && /^(?:https:\/\/)?kubernetes\.default\b/.test(audience))
    yield {
      path: `workloads.${index}.audience`,
      message: 'is that of the API server, so that the token which every pod has by default is accepted',
      hint: 'choose an audience of your own, and mount a projected token with it',
    };
  if (claimsFlow(workload))
    yield {
      path: `workloads.${index}.user`,
      message: 'has two claims without a colon between them, so that different jobs can have the same user name',
      hint: 'put a colon between them: the claim before it must then have none',
    };
  const twin = all.slice(0, index).find((other) => workloadPrefix(other) === workloadPrefix(workload));
  if (twin && workloadSource(twin) !== workloadSource(workload))
    yield {
      path: `workloads.${index}.user`,
      message: `begins like the users of ${twin.name}, which have another issuer: policies and clusters cannot tell users with the same name apart`,
      hint: `choose a prefix such as "${workload.name}:"`,
    };
}

/** Warns of workloads that match more tokens than was probably meant. */
export function warnOfWorkloads(workloads: readonly WorkloadConfig[]): Warning[] {
  return workloads.flatMap((workload, index) => [...warningsOf(workload, index, workloads)]);
}
