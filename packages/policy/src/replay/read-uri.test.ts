import { expect, it } from '@jest/globals';
import { readUri } from './read-uri.ts';

const pathOf = (uri: string) =>
  readUri(uri, {
    apiGroup: '',
    resource: 'services',
    subresource: 'proxy',
    requestVerb: 'get',
    isResourceRequest: true,
    bytesIn: 0,
  }).path;

it.each(['/x/spt_[redacted]', '/x/jwt_[redacted:hmac-sha256:abc]', '/x/\\u001b'])(
  'nothing is read from %s, which is not as the gateway received it',
  (uri) => {
    expect(pathOf(uri)).toBe('');
  },
);

it('the path is read from a URI that was recorded as it came', () => {
  expect(pathOf('/x/%72edacted?a=b')).toBe('/x/redacted');
});
