import { createPublicKey, hash, type KeyObject } from 'node:crypto';

const derOf = (key: KeyObject) => createPublicKey(key).export({ type: 'spki', format: 'der' });

/** Returns the public halves of keys as the configuration has them: each in base64, on a line of its own. */
export const publicHalves = (...keys: KeyObject[]) =>
  `${keys.map((key) => derOf(key).toString('base64')).join('\n')}\n`;

/** Returns the line of the metrics that says that a replica verifies or signs with a key of a service. */
export const keyMetric = (service: string, key: KeyObject, use: 'sign' | 'verify') =>
  `sallyport_service_key_info{service="${service}",key="${hash('sha256', derOf(key), 'hex').slice(0, 16)}",use="${use}"} 1`;
