import type { AuditRow } from '@sallyport/contracts/answers';
import { at, text, userOf } from '../audit/trail/trail-columns.ts';
import { fetchAuditPage } from '../audit/trail/search-trail.ts';
import type { OpenGateway } from '../gateway/open-gateway.ts';
import { fieldOf } from '../input/field-of.ts';
import { CliError } from '../terminal/cli-error.ts';

const prefix = 'service-account:';

/** A name in the audit trail, with the account that had it first. */
export type NameInTrail = { name: string; uid: string; user: string };

/** Returns every event of a type, the oldest first. */
async function eventsOf(gateway: OpenGateway, filters: Record<string, string>): Promise<AuditRow[]> {
  const query = new URLSearchParams({ order: 'oldest', limit: '1000', ...filters });
  const events: AuditRow[] = [];
  for (;;) {
    const page = await fetchAuditPage(gateway, query);
    if (page.scope !== 'all')
      throw new CliError(
        'refused',
        'you see only a part of the audit trail',
        'Ask someone whom api.policy.audit allows to see all of it.',
      );
    events.push(...page.events);
    if (page.next == null || page.events.length === 0) return events;
    query.set('after', page.next);
  }
}

function detailOf(row: AuditRow): unknown {
  try {
    return JSON.parse(text(at(row, 'sallyport', 'detail'))) as unknown;
  } catch {
    return undefined;
  }
}

/** Returns the name in an event about an account: of a request that it made, or of the notice that it ends. */
const nameIn = (row: AuditRow): string | undefined =>
  [userOf(row), text(at(row, 'sallyport', 'detail')).split(' ')[0]!]
    .find((one) => one.startsWith(prefix))
    ?.slice(prefix.length);

/** Finds the name of an account by what it did: older versions of the gateway did not record it with its creation. */
async function findName(gateway: OpenGateway, session: string): Promise<string | undefined> {
  for (const type of ['k8s.request', 'http.request', 'service_account.expiring']) {
    const { events } = await fetchAuditPage(gateway, new URLSearchParams({ session, type, limit: '1' }));
    const name = events.map(nameIn).find((one) => one !== undefined);
    if (name !== undefined) return name;
  }
  return undefined;
}

/**
 * Reads from the audit trail who first had each name of a service account. A name that was released since then is left
 * out. `unknown` counts the accounts whose name is nowhere in the trail: they never made a request.
 */
export async function namesInTrail(gateway: OpenGateway): Promise<{ names: NameInTrail[]; unknown: number }> {
  const released = new Map<string, string>();
  for (const row of await eventsOf(gateway, { type: 'service_account.name.released' }))
    released.set(text(fieldOf(detailOf(row), 'name')), row.time);
  const names = new Map<string, NameInTrail>();
  let unknown = 0;
  for (const row of await eventsOf(gateway, { type: 'service_account.created' })) {
    const [uid, user] = [text(at(row, 'user', 'uid')), userOf(row)];
    const recorded = text(fieldOf(detailOf(row), 'name'));
    const name = recorded === '' ? await findName(gateway, text(at(row, 'sallyport', 'sessionId'))) : recorded;
    if (name === undefined || uid === '' || user === '') unknown += 1;
    else if (!names.has(name) && !(row.time <= (released.get(name) ?? ''))) names.set(name, { name, uid, user });
  }
  return { names: [...names.values()], unknown };
}
