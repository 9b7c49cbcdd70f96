import { expect, it } from '@jest/globals';
import { pathPrint } from './prints.ts';

it.each(['/x/spt_[redacted]', '/x/jwt_[redacted:hmac-sha256:abc]', '/x/\\u001b', `/${'x'.repeat(1024)}`])(
  'the path %s is not compared, because it is not as the cluster received it',
  (path) => {
    expect(pathPrint(`${path}?y`)).toBe(0);
  },
);

it('a path is compared without its query', () => {
  expect(pathPrint('/api/v1/pods?a')).toBe(pathPrint('/api/v1/pods?b'));
  expect(pathPrint('/api/v1/pods')).not.toBe(0);
  expect(pathPrint('/api/v1/pods')).not.toBe(pathPrint('/api/v1/secrets'));
});
