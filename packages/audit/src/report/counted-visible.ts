import type { Conditions } from '../database/conditions.ts';
import type { OnlyOf } from '../events/event-store.ts';

/** Adds the condition that a person may see what was counted: it is their own, or of a cluster that they may see. */
export function addCountedVisible(conditions: Conditions, { issuer, subject, and }: OnlyOf): void {
  const { clusters = [], withoutCluster = false } = and ?? {};
  conditions.addAll([issuer, subject, clusters], ([ofIssuer, ofSubject, names]) => {
    const more = withoutCluster ? ` or cluster = ''` : '';
    return `((issuer = ${ofIssuer} and subject = ${ofSubject}) or cluster = any (${names}::text[])${more})`;
  });
}
