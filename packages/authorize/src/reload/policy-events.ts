import { randomUUID } from 'node:crypto';
import type { SallyportPart } from '@sallyport/contracts';
import { auditKey, createAuditRecord, createIdSource, type AuditSink } from '@sallyport/audit-log';
import { type ReloaderDeps } from '@sallyport/kit';
import type { PolicySnapshot } from '../policies/policy-set.ts';

type Changed = Parameters<NonNullable<ReloaderDeps['onChanged']>>[0];
type Rejected = Parameters<NonNullable<ReloaderDeps['onRejected']>>[0];

/** Records policies that come into force on this replica, and files that are refused. */
type PolicyEvents = { changed(event: Changed, snapshot: PolicySnapshot): void; rejected(event: Rejected): void };

/**
 * Creates the events `policy.changed` and `policy.rejected`. They wait in the sink's queue while the audit log is down.
 * Policies do not wait for them.
 */
export function createPolicyEvents(deps: {
  sink: Pick<AuditSink, 'enqueue'>;
  now: () => number;
  producer: string;
}): PolicyEvents {
  const ids = { now: deps.now, randomId: createIdSource({ now: deps.now }) };
  const record = (
    type: 'policy.changed' | 'policy.rejected',
    policy: NonNullable<SallyportPart['policy']>,
    detail: string,
  ) => {
    deps.sink.enqueue(
      createAuditRecord(
        {
          type,
          source: 'sallyport/authorize',
          key: auditKey(undefined, undefined),
          data: {
            auditID: randomUUID(),
            stage: 'ResponseComplete',
            requestURI: '',
            verb: 'reload',
            user: {},
            sallyport: { producer: deps.producer, policy, detail },
          },
        },
        ids,
      ),
    );
  };
  return {
    changed({ version, previous, trigger }, { ruleCount, clusters }) {
      record(
        'policy.changed',
        {
          version,
          ...(previous === undefined ? {} : { previous }),
          rules: ruleCount,
          clusters: clusters.size,
          trigger,
        },
        `policy ${version} is in force`,
      );
    },
    rejected({ version, faults, trigger }) {
      record(
        'policy.rejected',
        { ...(version === undefined ? {} : { version }), trigger, faults },
        `a configuration was refused; policy ${version ?? 'unknown'} remains in force`,
      );
    },
  };
}
