import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sourceOfEvent } from './source-of-event.ts';

const event = { kind: 'Event', apiVersion: 'audit.k8s.io/v1', auditID: 'a', stage: 'ResponseComplete', user: {} };
const ours = { ...event, sallyport: { cluster: { name: 'dev' } } };

describe('a line of an audit trail', () => {
  it.each([
    ['an event of a file or an export', { ...ours, cloudEvent: { type: 'k8s.request' } }],
    ['a message of the topic', ours],
    ['an event with its envelope', { id: 'e1', type: 'k8s.request', source: 's', time: 't', key: 'k', data: ours }],
    ['an event in the form of CloudEvents', { specversion: '1.0', type: 'k8s.request', data: ours }],
    ['a message that kcat has dumped', { topic: 'audit', headers: ['ce_id', 'e1'], payload: JSON.stringify(ours) }],
    ['the first line of an export', { export: { filtered: true, scope: 'own' } }],
    ['the last line of an export', { export: { complete: true, events: 3 } }],
  ])("is the gateway's: %s", (_what, value) => {
    expect(sourceOfEvent(value)).toBe('gateway');
  });

  it.each([
    ['an event', event],
    ['a list of events', { kind: 'EventList', items: [] }],
    ['an event with a body that looks like an event', { ...event, responseObject: { data: ours, sallyport: {} } }],
  ])("is the cluster's: %s", (_what, value) => {
    expect(sourceOfEvent(value)).toBe('cluster');
  });

  it('is of neither if it is anything else', () => {
    for (const value of [undefined, null, 'x', [ours], {}, { data: event }, { payload: '{' }, { export: {} }])
      expect(sourceOfEvent(value)).toBeUndefined();
    fc.assert(fc.property(fc.json(), (text) => void sourceOfEvent(JSON.parse(text))));
  });
});
