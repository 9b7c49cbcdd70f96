import { isSecretRead, isWrite, shellEquivalent, type RequestInfo } from '@sallyport/kubernetes';

/**
 * Reports whether the event of a request that goes upstream must contain everything that it asks for: it changes
 * something, opens a shell or reads Secrets.
 */
export function mustRecordAll(kube: RequestInfo): boolean {
  return isWrite(kube) || shellEquivalent(kube) || isSecretRead(kube);
}
