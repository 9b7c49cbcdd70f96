import { describe, expect, it } from '@jest/globals';
import { sampleAuditRecord } from '@sallyport/audit-log';
import type { AuditPage, AuditQuery, AuditRecord, FoundRecord } from '@sallyport/contracts';
import { showRequest } from './show-request.ts';

const auditID = '5f0c6a1e-0000-4000-8000-000000000001';
const eventId = '01a21b35-0000-7000-8000-000000000001';

function eventOf(
  type: AuditRecord['type'],
  second: number,
  changes: { auditID?: string; id?: string } = {},
): AuditRecord {
  const record = { ...sampleAuditRecord({ session: 's1', time: Date.UTC(2026, 0, 1, 0, 0, second) }), type };
  record.data.auditID = changes.auditID ?? auditID;
  if (changes.id !== undefined) record.id = changes.id;
  return record;
}

/** A store with some events, which knows the filters that are used. */
function storeOf(records: readonly FoundRecord[]) {
  const asked: Partial<AuditQuery>[] = [];
  const find = async (query: AuditQuery): Promise<AuditPage> => {
    asked.push(query);
    const { id, idPrefix = '', auditIDPrefix = '', session, elevation, type } = query;
    return {
      events: records.filter(
        (record) =>
          (id ?? record.id) === record.id &&
          record.id.startsWith(idPrefix) &&
          (query.auditID ?? record.data.auditID) === record.data.auditID &&
          record.data.auditID.startsWith(auditIDPrefix) &&
          (session ?? record.data.sallyport.sessionId) === record.data.sallyport.sessionId &&
          (elevation ?? record.data.sallyport.elevation?.id) === record.data.sallyport.elevation?.id &&
          (type ?? record.type) === record.type,
      ),
    };
  };
  return { find, asked };
}

const none = async () => [];

describe('one request', () => {
  const [ended, began] = [eventOf('k8s.request', 3), eventOf('k8s.request', 1, { id: eventId })];
  began.data.stage = 'RequestReceived';
  const opened = eventOf('stream.opened', 2);
  const ofCluster = { cluster: 'dev', event: { auditID, stageTimestamp: '2026-01-02T03:04:05.000000Z' } };
  const login = eventOf('session.login', 0, { auditID: 'login' });
  const revoked = eventOf('session.revoked', 9, { auditID: 'revoked' });
  const other = eventOf('k8s.request', 4, { auditID: '5f0c6a1e-0000-4000-8000-000000000002' });

  it.each([
    ['its Audit-ID', auditID],
    ['the beginning of it', auditID.slice(0, -1)],
    ['the id of one of its events', eventId],
    ['the beginning of that', '01a21b35-'],
  ])('is found by %s, with its events in order and its session', async (_what, id) => {
    const { find } = storeOf([ended, began, opened, revoked, login]);
    expect(await showRequest(id, find, async () => [ofCluster, { ...ofCluster, cluster: 'prod' }])).toEqual({
      events: [began, opened, { ...ended, result: 'ok' }],
      attempts: [],
      clusterEvents: [ofCluster],
      session: [login, revoked],
      elevation: [],
    });
  });

  it('is shown with the other attempt at it, whichever of the two was asked for', async () => {
    const [overWebSocket, overSpdy, later] = [1, 2, 3].map((second) => {
      const record = eventOf('k8s.request', second, { auditID: `5f0c6a1e-0000-4000-8000-00000000000${second}` });
      record.data.responseStatus = { code: 403, reason: 'Forbidden' };
      return record;
    });
    Object.assign(overWebSocket!.data.sallyport, { protocol: 'websocket' });
    const repeated = { ...overSpdy!, retryOf: overWebSocket!.data.auditID };
    const { find } = storeOf([overWebSocket!, repeated, later!]);
    for (const [one, other] of [
      [overWebSocket!, repeated],
      [repeated, overWebSocket!],
    ])
      expect(await showRequest(one!.data.auditID, find, none)).toMatchObject({
        events: [{ ...one, result: 'refused' }],
        attempts: [{ ...other, result: 'refused' }],
      });
    expect(await showRequest(later!.data.auditID, find, none)).toMatchObject({ attempts: [] });
  });

  it('is shown with its elevation', async () => {
    const [request, approved] = [eventOf('k8s.request', 1), eventOf('elevation.approved', 0, { auditID: 'approved' })];
    for (const { data } of [request, approved]) data.sallyport.elevation = { id: 'e1', name: 'incident' };
    expect(await showRequest(auditID, storeOf([request, approved]).find, none)).toMatchObject({
      elevation: [approved],
    });
  });

  it('is shown with what happened to each of its elevations', async () => {
    const request = eventOf('k8s.request', 1);
    const elevations = [
      { id: 'e1', name: 'incident' },
      { id: 'e2', name: 'break-glass' },
    ];
    Object.assign(request.data.sallyport, { elevation: elevations[0], elevations });
    const steps = (['elevation.approved', 'elevation.timed-out', 'elevation.activated'] as const).map((type, index) => {
      const step = eventOf(type, index, { auditID: type });
      step.data.sallyport.elevation = { id: index < 2 ? 'e1' : 'e2', name: 'incident' };
      return step;
    });
    expect(await showRequest(auditID, storeOf([request, ...steps.toReversed()]).find, none)).toMatchObject({
      elevation: steps,
    });
  });

  it('is not guessed if several begin with the given characters', async () => {
    const { find } = storeOf([ended, began, other]);
    expect(await showRequest('5f0c6a1e', find, none)).toEqual({
      events: [],
      attempts: [],
      clusterEvents: [],
      session: [],
      elevation: [],
      matches: [began, other],
    });
  });

  it('is not found if there is none, or none that the caller may see', async () => {
    await expect(showRequest(auditID, storeOf([]).find, none)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is not searched further once the caller is gone', async () => {
    let count = 0;
    expect(await showRequest(auditID, async () => void (count += 1), none)).toBeUndefined();
    expect(count).toBeLessThanOrEqual(2);
  });
});
