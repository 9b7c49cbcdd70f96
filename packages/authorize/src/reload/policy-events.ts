import { randomUUID } from 'node:crypto';
import type { SallyportPart } from '@sallyport/contracts';
import { auditKey, createAuditRecord, createIdSource, createRetriedRecord, type AuditSink } from '@sallyport/audit-log';
import { ReloadPostponed, type ReloaderDeps, type ReloadTrigger } from '@sallyport/kit';
import type { PolicySnapshot } from '../policies/policy-set.ts';

type Rejected = Parameters<NonNullable<ReloaderDeps['onRejected']>>[0];
type Changed = { previous: string; version: string; trigger: ReloadTrigger };

/** Records policies that come into force on this replica, and files that are refused. */
type PolicyEvents = {
  /** Records the policy that this process starts with, which is in force. */
  started(snapshot: PolicySnapshot): void;
  /** Records a policy before it comes into force. Throws ReloadPostponed if it is not recorded in time. */
  changing(event: Changed, snapshot: PolicySnapshot): Promise<void>;
  rejected(event: Rejected): void;
  /** Whether a policy that waits may be recorded now. */
  mayRecord(): Promise<boolean>;
};

/**
 * Creates the events `policy.changed` and `policy.rejected`. A changed policy waits until its event is recorded. A policy
 * that authorize starts with does not, because there is none before it that could stay in force.
 */
export function createPolicyEvents(deps: {
  sink: Pick<AuditSink, 'enqueue' | 'publish' | 'keep' | 'hasRoom' | 'ping'>;
  now: () => number;
}): PolicyEvents {
  const ids = { now: deps.now, randomId: createIdSource({ now: deps.now }) };
  const { record, mayTry } = createRetriedRecord(deps.sink);
  const toRecord = (
    type: 'policy.changed' | 'policy.rejected',
    policy: NonNullable<SallyportPart['policy']>,
    detail: string,
  ) =>
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
          sallyport: { policy, detail },
        },
      },
      ids,
    );
  const inForce = (
    { version, previous, trigger }: Omit<Changed, 'previous'> & { previous?: string },
    { ruleCount, clusters }: PolicySnapshot,
  ) =>
    toRecord(
      'policy.changed',
      { version, ...(previous === undefined ? {} : { previous }), rules: ruleCount, clusters: clusters.size, trigger },
      `policy ${version} is in force`,
    );
  const rejected = ({ version, faults, trigger }: Rejected, detail: string) =>
    deps.sink.enqueue(
      toRecord('policy.rejected', { ...(version === undefined ? {} : { version }), trigger, faults }, detail),
    );
  return {
    mayRecord: mayTry,
    started: (snapshot) => deps.sink.enqueue(inForce({ version: snapshot.version, trigger: 'start' }, snapshot)),
    async changing(event, snapshot) {
      const outcome = await record(inForce(event, snapshot));
      if (outcome === 'recorded') return;
      const message = 'the audit log did not record the change of the policy in time';
      // The event of the change may still be delivered. This one says that it is not true.
      if (outcome === 'late')
        rejected(
          { version: event.previous, faults: [{ path: '', message }], trigger: event.trigger },
          `policy ${event.version} is not in force yet; policy ${event.previous} remains in force`,
        );
      throw new ReloadPostponed(message);
    },
    rejected: (event) =>
      rejected(event, `a configuration was refused; policy ${event.version ?? 'unknown'} remains in force`),
  };
}
