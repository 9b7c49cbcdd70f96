import { describe, expect, it } from '@jest/globals';
import { auditUri } from './describe-event.ts';

describe('the request URI in an event', () => {
  it.each([
    ['/api/v1/pods?limit=5', '/api/v1/pods?limit=5'],
    ['/x/exec?command=rm&command=-rf&container=c', '/x/exec?container=c'],
    ['/x/exec?%63ommand=secret&tty=1', '/x/exec?tty=1'],
    ['/x/exec?command=a', '/x/exec'],
    ['/x?%zz=1&command=b&ok=1', '/x?ok=1'],
  ])('of %s is %s', (raw, shown) => {
    expect(auditUri(raw)).toBe(shown);
  });
});
