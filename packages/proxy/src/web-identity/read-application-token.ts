import { ProblemError } from '@sallyport/kit';
import type { Config } from '@sallyport/contracts';
import type { ApplicationGrant, ApplicationTokens } from './application-token.ts';

/** What decides about requests of applications that act for a person. */
export type Applications = {
  tokens: Pick<ApplicationTokens, 'verify'>;
  /** Returns the clusters on which the application of a route may act now; none for a route that is gone. */
  clustersOf(route: string): readonly string[];
};

/**
 * Returns the session for which an application acts on a cluster. Refuses a token that is not valid, and a cluster that the
 * route does not name in the configuration in force. authorize also decides about the route, at this check and at every
 * later one.
 */
export function readApplicationToken(
  token: string,
  cluster: string,
  applications: Applications | undefined,
): ApplicationGrant {
  const grant = applications?.tokens.verify(token);
  if (!applications || !grant)
    throw new ProblemError(
      'unauthenticated',
      'The credential of this application is not valid or has expired. It gets a new one with each request of its user.',
    );
  if (!applications.clustersOf(grant.route).includes(cluster))
    throw new ProblemError('forbidden', `The application ${grant.route} may not act on this cluster.`);
  return grant;
}

type Routes = Pick<Config, 'routes'>['routes'];

/** Creates the table with the initial routes. */
export function createApplicationClusters(initial: Routes) {
  let table = new Map<string, readonly string[]>();
  /** Puts other routes into force. */
  const use = (routes: Routes) => {
    table = new Map(routes.map(({ from, identity }) => [from, identity.kubernetes?.clusters ?? []]));
  };
  use(initial);
  /** Returns the clusters of a route, by its `from`; none for an unknown one. */
  const of = (route: string): readonly string[] => table.get(route) ?? [];
  return { of, use };
}
