import { recordBeforeEffect } from '@sallyport/audit-log';
import type { AuditEventType } from '@sallyport/contracts';
import type { ClientFacts } from '@sallyport/kit';
import type { HeldName } from '@sallyport/stores';
import { type Person, type EventDeps, recordOf, refuseWith } from './audit-draft.ts';

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
export function createNameEvents(deps: EventDeps): NameEvents {
  const record = (type: AuditEventType, verb: string) => async (named: Named, by: By) => {
    const { name, uid, user } = named;
    const detail = JSON.stringify({ name, holder: { user, uid } });
    const { caller, path, facts } = by;
    const event = { type, verb, path, user: caller, of: undefined, facts, code: 200, detail };
    await recordBeforeEffect(deps.audit, recordOf(event, deps, `service-account-name/${name}`)).catch(
      refuseWith('The audit log did not record this in time, so nothing was changed. Try again shortly.'),
    );
  };
  return {
    assigned: record('service_account.name.assigned', 'assign'),
    released: record('service_account.name.released', 'release'),
  };
}
