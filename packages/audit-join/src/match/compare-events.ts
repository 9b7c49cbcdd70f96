import type { ClusterEvent } from '../read/read-cluster-event.ts';
import type { Difference } from './finding.ts';
import { identityPrint, pathPrint } from './prints.ts';

/** What is known of a request of the gateway, for the comparison. The numbers are those of `prints.ts`. */
export type SentRequest = {
  own: boolean;
  refused: boolean;
  user: string;
  identity: number;
  verb: string;
  path: number;
};

/** The stages in which the API server knows whom the request impersonates, and how it ends. */
export const isJudged = ({ stage }: ClusterEvent): boolean => stage !== 'RequestReceived';

function differentUser(sent: SentRequest, event: ClusterEvent, aggregated: boolean): Difference[] {
  const seen = event.impersonatedUser ?? (aggregated ? event.user : undefined);
  if (sent.own) return event.impersonatedUser ? ['user'] : [];
  if (!seen) {
    // A request that the API server refuses before it reads the impersonation headers acts as no one.
    const refusedEarly = (event.responseStatus?.code ?? 0) >= 400;
    return refusedEarly ? [] : ['not-impersonated'];
  }
  if (seen.username !== sent.user) return ['user'];
  return identityPrint(seen) === sent.identity ? [] : ['identity'];
}

/**
 * Compares what the gateway sent with what the cluster recorded under the same audit ID. `aggregated`: the log of an
 * aggregated API server, which is told the user itself.
 */
export function compareEvents(sent: SentRequest, event: ClusterEvent, aggregated = false): Difference[] {
  if (sent.refused) return ['refused-by-gateway'];
  const path = pathPrint(event.requestURI);
  return [
    ...differentUser(sent, event, aggregated),
    ...(sent.verb === event.verb ? [] : (['verb'] as const)),
    ...(path === 0 || sent.path === 0 || path === sent.path ? [] : (['path'] as const)),
  ];
}

/** Reports whether the cluster itself refused the request: its authorization or admission, not an application behind it. */
export function isDenied({ responseStatus, annotations, objectRef }: ClusterEvent): boolean {
  const code = responseStatus?.code;
  if (code === 401) return objectRef?.subresource !== 'proxy';
  if (code !== 403) return false;
  return annotations?.['authorization.k8s.io/decision'] === 'forbid' || objectRef?.subresource !== 'proxy';
}
