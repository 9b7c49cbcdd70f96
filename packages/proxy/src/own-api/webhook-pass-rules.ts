import { bearerHash } from './bearer-hash.ts';
import type { PassRules } from './service-proxy.ts';

/**
 * How batches of a cluster's own audit events are passed on to the audit service: with the hash of the API server's token,
 * and as they arrive, so that none is held here.
 */
export const webhookPassRules: PassRules = {
  passed: ['content-encoding', 'content-length', 'content-type', 'transfer-encoding', 'user-agent'],
  added: bearerHash('sallyport-webhook-token'),
  maxBody: 16 * 1024 * 1024,
};
