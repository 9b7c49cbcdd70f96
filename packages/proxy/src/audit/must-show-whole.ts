import { isSecretRead, isWrite, shellEquivalent, type RequestInfo } from '@sallyport/kubernetes';

/**
 * True if the event of a request that goes upstream must hold all that the request asks: it changes something, opens a
 * shell or reads Secrets.
 */
export function mustShowWhole(kube: RequestInfo): boolean {
  return isWrite(kube) || shellEquivalent(kube) || isSecretRead(kube);
}
