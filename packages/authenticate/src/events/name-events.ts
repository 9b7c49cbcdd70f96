import { auditKey, createAuditRecord, recordBeforeEffect, type AuditSink } from '@sallyport/audit-log';
import type { AuditEventType } from '@sallyport/contracts';
import { ProblemError, type ClientFacts } from '@sallyport/kit';
import type { HeldName } from '@sallyport/stores';
import { auditDraft, type Person } from './audit-draft.ts';

type Named = Pick<HeldName, 'name' | 'uid' | 'user'>;
type By = { caller: Person; path: string; facts: ClientFacts };

/**
 * The events of names of service accounts. Each is recorded before it takes effect, and rejects with `audit-unavailable`
 * if it is not recorded in time.
 */
export type NameEvents = {
  assigned(name: Named, by: By): Promise<void>;
  released(name: Named, by: By): Promise<void>;
};

/** Creates the events of names and passes them to the sink. */
export function createNameEvents(deps: { audit: AuditSink; now: () => number; randomId: () => string }): NameEvents {
  const record = (type: AuditEventType, verb: string) => async (named: Named, by: By) => {
    const { name, uid, user } = named;
    const detail = JSON.stringify({ name, holder: { user, uid } });
    const { caller, path, facts } = by;
    const data = auditDraft(
      { type, verb, path, user: caller, of: undefined, facts, code: 200, detail },
      deps.randomId(),
    );
    const key = auditKey(undefined, `service-account-name/${name}`);
    try {
      await recordBeforeEffect(
        deps.audit,
        createAuditRecord({ type, source: 'sallyport/authenticate', key, data }, deps),
      );
    } catch (cause) {
      throw new ProblemError(
        'audit-unavailable',
        'The audit log did not record this in time, so nothing was changed. Try again shortly.',
        { cause },
      );
    }
  };
  return {
    assigned: record('service_account.name.assigned', 'assign'),
    released: record('service_account.name.released', 'release'),
  };
}
