import type { Config } from '@sallyport/contracts';

type Routes = Pick<Config, 'routes'>['routes'];

/** On which clusters the applications of routes may act. */
export type ApplicationClusters = {
  /** Returns the clusters of a route, by its `from`; none for an unknown one. */
  of(route: string): readonly string[];
  /** Puts other routes into force. */
  use(routes: Routes): void;
};

/** Creates the table with the initial routes. */
export function createApplicationClusters(initial: Routes): ApplicationClusters {
  let table = new Map<string, readonly string[]>();
  const use = (routes: Routes) => {
    table = new Map(routes.map(({ from, identity }) => [from, identity.kubernetes?.clusters ?? []]));
  };
  use(initial);
  return { of: (route) => table.get(route) ?? [], use };
}
