import { randomUUID } from 'node:crypto';
import type { Elevation, ElevationRequest } from '@sallyport/contracts';
import { dayMs } from '@sallyport/contracts/text';
import { ProblemError } from '@sallyport/kit';
import { requestElevation } from '../../elevation-states/request-elevation.ts';
import type { ElevationRules } from '../../policies/elevation-rules.ts';
import type { Asker } from './find-asker.ts';

/** How far ahead a start can be asked for, in milliseconds. */
const maxAheadMs = 7 * dayMs;

const bad = (detail: string) => new ProblemError('bad-request', detail);

/** Finds the entry. Unknown names, unknown clusters and missing rights all get the same answer, which tells nothing. */
export function findRequestable(
  asked: Pick<ElevationRequest, 'name' | 'cluster' | 'namespace'>,
  asker: Asker,
): ElevationRules {
  const { name, cluster, namespace } = asked;
  const rules = asker.snapshot.elevations.get(name);
  const place = namespace === undefined ? `cluster ${cluster}` : `namespace ${namespace} of cluster ${cluster}`;
  const refusal = () =>
    new ProblemError('forbidden', `There is no elevation ${name} on ${place} that you can ask for. Ask your operator.`);
  if (!rules || !asker.snapshot.clusters.has(cluster)) throw refusal();
  // Without a namespace, somebody who may ask for some namespace is told to name one. Nobody else is.
  const needsNamespace = rules.entry.namespaces != null && namespace === undefined;
  if (!needsNamespace && !rules.covers(cluster, namespace)) throw refusal();
  if (!asker.meets(rules.requesters, asked)) throw refusal();
  if (needsNamespace) throw bad(`The elevation ${name} is for single namespaces. Name one with --namespace.`);
  return rules;
}

function checkDuration(durationMs: number, { entry }: ElevationRules): void {
  if (durationMs > entry.maxDuration)
    throw bad(`The elevation ${entry.name} lasts for ${entry.maxDuration / 60_000} minutes at most. Ask for less.`);
}

function checkTerms(
  { durationMs, reason, ticket, startsAt }: ElevationRequest,
  rules: ElevationRules,
  now: number,
): void {
  const { entry } = rules;
  checkDuration(durationMs, rules);
  if (!rules.acceptsReason(reason)) throw bad(`The elevation ${entry.name} needs a reason. Give one with --reason.`);
  if (!rules.acceptsTicket(ticket)) {
    const like = typeof entry.ticket === 'string' ? '' : ` like ${entry.ticket.pattern}`;
    throw bad(`The elevation ${entry.name} needs a ticket${like}. Give it with --ticket.`);
  }
  if (startsAt !== undefined && (startsAt <= now || startsAt > now + maxAheadMs))
    throw bad('The start must be in the future, and at most seven days ahead.');
}

const termsOf = (rules: ElevationRules, asker: Asker) => ({
  id: randomUUID(),
  name: rules.entry.name,
  groups: rules.entry.groups,
  requester: asker.person,
  approvalsNeeded: rules.terms.approvalsNeeded,
  ...(rules.terms.approverSets === undefined ? {} : { approverSets: rules.terms.approverSets }),
  pendingTimeoutMs: rules.entry.pendingTimeout,
  reviewWithinMs: rules.terms.reviewWithinMs,
  whenAuditUnavailable: rules.terms.whenAuditUnavailable,
});

/** What the caller asks for. Throws `forbidden` if they may not, and `bad-request` for what the entry demands. */
export function elevationFor(asked: ElevationRequest, asker: Asker): Elevation {
  const rules = findRequestable(asked, asker);
  checkTerms(asked, rules, asker.now);
  return requestElevation({ ...termsOf(rules, asker), ...asked }, asker.now);
}

/** Returns the request to extend an elevation of the caller that is active: a new one, for the same approvers. */
export function extensionOf(
  elevation: Elevation,
  { durationMs, reason }: Pick<ElevationRequest, 'durationMs' | 'reason'>,
  asker: Asker,
): Elevation {
  const { cluster, namespace, id, expiresAt, ticket } = elevation;
  const rules = findRequestable(elevation, asker);
  checkDuration(durationMs, rules);
  if (elevation.extends !== undefined)
    throw new ProblemError('conflict', 'An elevation is extended once. Ask for a new one.');
  if (!rules.acceptsReason(reason))
    throw bad(`An extension of ${rules.entry.name} needs a reason. Give one with --reason.`);
  return requestElevation(
    {
      ...termsOf(rules, asker),
      cluster,
      durationMs,
      ...(namespace === undefined ? {} : { namespace }),
      ...(reason === undefined ? {} : { reason }),
      ...(ticket === undefined ? {} : { ticket }),
      extends: { id, until: expiresAt! },
    },
    asker.now,
  );
}
