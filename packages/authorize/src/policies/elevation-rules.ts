import { hash } from 'node:crypto';
import { elevationGroups, hasVisibleText, type ElevationEntry } from '@sallyport/contracts';
import { compileGlob, type CompiledPolicy } from '@sallyport/policy';
import type { EntryTerms } from '../elevation-states/tighten.ts';

/** The name of the set of approvers of an entry that has only one. No set in the configuration can have it. */
export const onlySet = '';

/** An entry of `elevations`, compiled. */
export type ElevationRules = {
  readonly entry: ElevationEntry;
  readonly groups: ReadonlySet<string>;
  readonly requesters: readonly CompiledPolicy[];
  /** Who approves; empty for break-glass. Each set is a policy of its own. */
  readonly approverSets: readonly { readonly name: string; readonly policies: readonly CompiledPolicy[] }[];
  readonly reviewers: readonly CompiledPolicy[];
  /** The groups that review, if the entry names groups and not a policy. */
  readonly reviewGroups: readonly string[] | undefined;
  /** Reports whether it can be had there. Without a namespace it is about the whole cluster. */
  covers(cluster: string, namespace: string | undefined): boolean;
  /** Reports whether it can be had anywhere on a cluster. */
  coversCluster(cluster: string): boolean;
  /** What it demands of an elevation, which becomes stricter with it. */
  readonly terms: EntryTerms;
  /** Reports whether a reason is what the entry demands. */
  acceptsReason(reason: string | undefined): boolean;
  /** Reports whether a ticket is what the entry demands. */
  acceptsTicket(ticket: string | undefined): boolean;
};

function ticketRule({ ticket }: ElevationEntry): ElevationRules['acceptsTicket'] {
  if (ticket === 'optional') return () => true;
  if (ticket === 'required') return (given) => hasVisibleText(given ?? '');
  const matches = compileGlob(ticket.pattern);
  return (given) => (given === undefined ? !ticket.required : hasVisibleText(given) && matches(given));
}

function termsOf(entry: ElevationEntry): EntryTerms {
  const { maxDuration, approvals, approvers, approverSets, review, whenAuditUnavailable } = entry;
  const who = [approvers, approverSets?.map(({ name, by }) => [name, by])];
  return {
    maxDurationMs: maxDuration,
    approvalsNeeded: approvals,
    ...(approverSets == null
      ? {}
      : { approverSets: approverSets.map((set) => ({ name: set.name, approvals: set.approvals })) }),
    approvers: hash('sha256', JSON.stringify(who), 'base64url'),
    reviewWithinMs: review?.within,
    whenAuditUnavailable,
  };
}

/** Compiles an entry. Its policies are compiled already. */
export function createElevationRules(
  entry: ElevationEntry,
  policies: Pick<ElevationRules, 'requesters' | 'approverSets' | 'reviewers'>,
): ElevationRules {
  const clusters = entry.clusters.map(compileGlob);
  const namespaces = entry.namespaces?.map(compileGlob);
  const coversCluster = (cluster: string) => clusters.some((matches) => matches(cluster));
  return {
    entry,
    groups: new Set(entry.groups),
    ...policies,
    coversCluster,
    reviewGroups: entry.review == null ? undefined : elevationGroups(entry.review.by),
    covers(cluster, namespace) {
      if (!coversCluster(cluster)) return false;
      if (!namespaces) return true;
      return namespace !== undefined && namespaces.some((matches) => matches(namespace));
    },
    terms: termsOf(entry),
    acceptsReason: (reason) => entry.reason === 'optional' || hasVisibleText(reason ?? ''),
    acceptsTicket: ticketRule(entry),
  };
}
