import { hash } from 'node:crypto';
import type { Finding } from '@sallyport/audit-join';
import type { NewAlert } from './join-store.ts';

/** Of one cluster, kind and period, at most so many different alerts are published. All further findings are one more. */
const mostAlerts = 100;

/** Puts similar findings together, so that a flood of them is a few events. */
export type FindingFolder = {
  /** Counts a finding, and returns the key of its alert. */
  add(finding: Finding): string;
  alerts(): NewAlert[];
};

/** Returns what similar findings have in common: everything but their time, their ID and their place. */
function foldOf({ user, account, verb, resource, code, differs }: Finding): string {
  return hash('sha256', JSON.stringify([user, account, verb, resource, code, differs]), 'base64url');
}

/** Creates a folder for one cluster and period. `known` are the alerts that the period already has. */
export function createFindingFolder(cluster: string, known: readonly { kind: string; fold: string }[]): FindingFolder {
  const folds = new Map<string, Set<string>>();
  const alerts = new Map<string, NewAlert>();
  const of = (kind: string) => {
    const found = folds.get(kind) ?? new Set<string>();
    folds.set(kind, found);
    return found;
  };
  for (const { kind, fold } of known) of(kind).add(fold);
  return {
    add(finding) {
      const { kind } = finding;
      const [seen, own] = [of(kind), foldOf(finding)];
      const fold = seen.has(own) || seen.size < mostAlerts ? own : '';
      seen.add(fold);
      const key = `${kind} ${fold}`;
      const alert = alerts.get(key);
      if (alert) alert.count += 1;
      else alerts.set(key, { key, cluster, kind, fold, finding, count: 1 });
      return key;
    },
    alerts: () => [...alerts.values()],
  };
}
