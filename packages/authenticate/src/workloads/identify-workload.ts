import { workloadProvider, type Identity, type SallyportPart } from '@sallyport/contracts';
import { claimsToKeep, copyClaims, nameFault, userNameFault } from '@sallyport/directory';
import type { CompiledWorkload } from './compile-workloads.ts';
import { refusedToken } from './parse-workload-token.ts';
import type { VerifiedToken } from './verify-workload-token.ts';

const unescape = (name: string) => name.replaceAll('~1', '/').replaceAll('~0', '~');

/**
 * Returns the claim at a path, in which a slash leads into an object: `kubernetes.io/namespace`. A dot is a part of a
 * name. As in a JSON Pointer (RFC 6901), `~1` is a slash in a name and `~0` a tilde.
 */
function claimAtPath(claims: Readonly<Record<string, unknown>>, path: string): unknown {
  return path
    .split('/')
    .map(unescape)
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, name)
          ? (value as Record<string, unknown>)[name]
          : undefined,
      claims,
    );
}

type WorkloadPart = NonNullable<SallyportPart['workload']>;

/** Who a token stands for, until when, and what the audit trail says about it. */
export type IdentifiedWorkload = {
  identity: Identity;
  expiresAt: number;
  workload: Required<Omit<WorkloadPart, 'jti'>> & Pick<WorkloadPart, 'jti'>;
};

const maxPlaceholder = 512;

/** Returns the only audience. A token with several could be replayed by each of the others. */
const audienceOf = ({ aud }: VerifiedToken['claims']): unknown =>
  Array.isArray(aud) && aud.length === 1 ? aud[0] : aud;

/**
 * Fills in a template. A colon between two claims ends the first one, which can therefore have none. Else a job that may
 * choose one of them could have the name of another job.
 */
function fillIn({ parts }: CompiledWorkload['user'], claims: VerifiedToken['claims']): string {
  const name = parts
    .map((part, index) => {
      if (typeof part === 'string') return part;
      const between = index + 2 < parts.length ? parts[index + 1] : undefined;
      const value = claimAtPath(claims, part.claim);
      if (typeof value !== 'string' || value === '' || value.length > maxPlaceholder)
        throw refusedToken(`its claim ${part.claim}, which is in the user name, is missing or is not a short text`);
      if (typeof between === 'string' && between.includes(':') && value.includes(':'))
        throw refusedToken(`its claim ${part.claim}, which is in the user name before another one, contains a colon`);
      return value;
    })
    .join('');
  const fault = userNameFault(name);
  if (fault !== undefined) throw refusedToken(`the user name that its claims give ${fault}`);
  return name;
}

function describe(found: CompiledWorkload, verified: VerifiedToken): IdentifiedWorkload['workload'] {
  const { claims, subject, source } = verified;
  const { iss, jti } = claims;
  return {
    name: found.name,
    issuer: typeof iss === 'string' ? iss : source.id,
    subject,
    audience: found.audience,
    ...(typeof jti === 'string' && jti.length <= 256 ? { jti } : {}),
    claims: Object.fromEntries(found.match.map(({ claim }) => [claim, String(claimAtPath(claims, claim))])),
  };
}

/**
 * Finds the first workload that a verified token matches, and reads the identity. The identity has an issuer of its own:
 * some issuers serve people too, and a person and a workload with the same subject are not the same.
 */
export function identifyWorkload(
  workloads: readonly CompiledWorkload[],
  verified: VerifiedToken,
  now: number,
): IdentifiedWorkload {
  const { claims, subject, source } = verified;
  const audience = audienceOf(claims);
  const ofSource = workloads.filter((one) => one.source === source);
  const ofAudience = ofSource.filter((one) => one.audience === audience);
  if (ofAudience.length === 0)
    throw refusedToken('its audience (aud) must be exactly the one that is configured for its issuer');
  const found = ofAudience.find(({ match }) =>
    match.every(({ claim, matches }) => matches(claimAtPath(claims, claim))),
  );
  if (!found) throw refusedToken('its claims match no workload of this gateway');
  const expiresAt = Math.min(verified.expiresAt, verified.issuedAt + found.maxLifetimeMs);
  if (expiresAt <= now) throw refusedToken('it was issued too long ago; send a new one');
  const fault = nameFault(subject);
  if (fault !== undefined) throw refusedToken(`its subject ${fault}`);
  return {
    identity: {
      provider: workloadProvider(found.name),
      issuer: `${workloadProvider(found.name)}@${source.id}`,
      subject,
      user: fillIn(found.user, claims),
      groups: [...found.groups],
      claims: claimsToKeep(copyClaims(claims)),
      amr: [],
    },
    expiresAt,
    workload: describe(found, verified),
  };
}
