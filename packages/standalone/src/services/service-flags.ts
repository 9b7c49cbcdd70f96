import type { ServiceName } from '@sallyport/contracts';

/**
 * Returns the flags of Node.js with which a service runs. deploy/image/entrypoint.sh has the same ones. Audit events live
 * until Kafka has acknowledged them. With the young generation that Node.js chooses, the proxy copies most of them, and
 * what the requests in flight hold, again and again.
 */
export function serviceFlags(name: ServiceName): readonly string[] {
  return [...(name === 'proxy' ? ['--max-semi-space-size=64'] : []), '--disable-warning=TimeoutNegativeWarning'];
}
