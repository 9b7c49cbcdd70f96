import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

/**
 * Creates the id of a producer, for example `proxy/web-1-5f0c6a1e`: the service, the host, and eight random hexadecimal
 * digits, because no two chains may have the same id.
 */
export function createProducerId(service: string): string {
  return `${service}/${hostname().slice(0, 63)}-${randomBytes(4).toString('hex')}`;
}
