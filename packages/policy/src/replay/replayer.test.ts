import { describe, it } from '@jest/globals';
import fc from 'fast-check';
import { recordedEvent } from '../testing/recorded-event.ts';
import { openEvent } from './replayer.ts';
import { readRecordedRequest } from './recorded-request.ts';

describe('a recorded event', () => {
  it('is a request, another event, or unreadable, whatever it contains', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.jsonValue(),
          fc.object({
            key: fc.constantFrom(
              'data',
              'type',
              'cloudEvent',
              'sallyport',
              'stage',
              'auditID',
              'user',
              'decision',
              'cluster',
            ),
          }),
        ),
        (value) => {
          const event = openEvent(value);
          if (event.kind === 'request') readRecordedRequest(event.auditID, event.data);
        },
      ),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(
          'auditID',
          'stage',
          'requestURI',
          'verb',
          'user',
          'objectRef',
          'responseStatus',
          'requestReceivedTimestamp',
        ),
        fc.jsonValue(),
        (name, value) => {
          const event = openEvent({ ...recordedEvent(), [name]: value });
          if (event.kind === 'request') readRecordedRequest(event.auditID, event.data);
        },
      ),
    );
  });
});
