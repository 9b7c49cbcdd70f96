import { callApi } from '../../gateway/call-api.ts';
import { auditPageSchema, isRoutine, type AuditRow, type AuditRows } from '@sallyport/contracts/answers';
import { errorDetail, expectOk } from '../../gateway/expect-ok.ts';
import { askAsUser, type OpenGateway } from '../../gateway/open-gateway.ts';
import { readAnswer } from '../../gateway/read-answer.ts';
import { at } from './trail-columns.ts';

/** The most that the gateway answers with at once. */
export const pageSize = 1000;

const what = 'the audit query';
const pathOf = (query: URLSearchParams): string => `/.sallyport/api/v1/audit?${query.toString()}`;

/** Fetches one page of the audit trail. */
export async function fetchAuditPage(gateway: OpenGateway, query: URLSearchParams): Promise<AuditRows> {
  return callApi(gateway, 'GET /audit', what, { query });
}

/** Reads the pages of a query, which it changes, until no event is left. */
export async function* auditPages(gateway: OpenGateway, query: URLSearchParams): AsyncGenerator<AuditRows> {
  for (;;) {
    const page = await fetchAuditPage(gateway, query);
    yield page;
    if (page.next == null || page.events.length === 0) return;
    query.set('after', page.next);
  }
}

const isRoutineRow = (row: AuditRow): boolean =>
  isRoutine({
    type: row.type,
    result: row.result,
    username: at(row, 'user', 'username'),
    credentialKind: at(row, 'sallyport', 'credentialKind'),
    route: at(row, 'sallyport', 'route'),
  });

/** Reads the trail page by page, with or without what is routine. */
export type PageReader = {
  page(query: URLSearchParams): Promise<AuditRows>;
  /** What to ask for in addition when the trail is followed. */
  parameters(): Record<string, string>;
  /** Reports whether an event is to be shown. */
  shows(row: AuditRow): boolean;
};

const parameter = { routine: 'omit' } as const;
/** So many pages in a row may have nothing but routine. */
const mostEmpty = 20;

/**
 * Creates what reads the trail. A gateway before version 0.2.0 refuses to leave out what is routine. Then whole pages are
 * read, and it is left out here.
 */
export function createPageReader(gateway: OpenGateway, omitsRoutine: boolean): PageReader {
  if (!omitsRoutine)
    return { page: (query) => fetchAuditPage(gateway, query), parameters: () => ({}), shows: () => true };
  let isOlder = false;
  const shows = (row: AuditRow) => !isRoutineRow(row);
  const pageOfOlder = async (given: URLSearchParams): Promise<AuditRows> => {
    const query = new URLSearchParams(given);
    query.set('limit', String(pageSize));
    for (let empty = 1; ; empty += 1) {
      const page = await fetchAuditPage(gateway, query);
      const events = page.events.filter(shows);
      if (events.length > 0 || page.next == null || page.events.length === 0 || empty === mostEmpty)
        return { ...page, events };
      query.set('after', page.next);
    }
  };
  return {
    async page(query) {
      if (isOlder) return pageOfOlder(query);
      const path = pathOf(new URLSearchParams([...query, ...Object.entries(parameter)]));
      const answer = await askAsUser(gateway, { method: 'GET', path });
      isOlder = answer.status === 400 && errorDetail(answer.body)?.includes('routine: unknown parameter') === true;
      if (isOlder) return pageOfOlder(query);
      return readAnswer(auditPageSchema, expectOk(answer, gateway.address.origin), what);
    },
    parameters: () => (isOlder ? {} : parameter),
    shows,
  };
}
