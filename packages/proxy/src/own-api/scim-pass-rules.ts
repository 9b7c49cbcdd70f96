import { bearerHash } from './bearer-hash.ts';
import type { PassRules } from './service-proxy.ts';

/**
 * How SCIM requests are passed on: without cookies, with the hash of the client's token, and with bodies as large as a
 * group of some ten thousand members.
 */
export const scimPassRules: PassRules = {
  passed: ['accept', 'content-length', 'content-type', 'if-match', 'if-none-match', 'transfer-encoding', 'user-agent'],
  added: bearerHash('sallyport-scim-token'),
  maxBody: 4 * 1024 * 1024,
};
