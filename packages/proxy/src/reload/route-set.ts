import type { RouteConfig } from '@sallyport/contracts';
import { fingerprint } from './fingerprint.ts';
import type { RouteCertificates } from '../listener/route-certificates.ts';
import { createWebRoute } from '../web/create-web-route.ts';
import { type WebRoute, createWebRoutes, type WebRoutes } from '../exchange/web-route.ts';

type RouteSetDeps = Parameters<typeof createWebRoute>[1] & { certificates: Pick<RouteCertificates, 'use'> };

/** The web applications of this gateway, which can change while it runs. */
export type RouteSet = {
  routes: WebRoutes;
  /** The configuration in force. */
  current(): readonly RouteConfig[];
  /**
   * Prepares other routes. Rejects if a file cannot be read, and changes nothing but certificates yet. The result puts
   * them into force: a changed route finishes its requests in flight.
   */
  prepare(wanted: readonly RouteConfig[]): Promise<() => void>;
};

type Member = { print: string; config: RouteConfig; route: WebRoute };

/** Creates the set with its initial routes. */
export async function createRouteSet(initial: readonly RouteConfig[], deps: RouteSetDeps): Promise<RouteSet> {
  let members = new Map<string, Member>();
  let found = createWebRoutes([]);
  const reach = async (config: RouteConfig): Promise<Member> => {
    const { toCaFile, toClientCertFile, toClientKeyFile } = config;
    const print = await fingerprint(config, [toCaFile, toClientCertFile, toClientKeyFile], deps);
    const known = members.get(config.from);
    return known?.print === print ? { ...known, config } : { print, config, route: await createWebRoute(config, deps) };
  };
  const prepare = async (wanted: readonly RouteConfig[]) => {
    const reached = await Promise.all(wanted.map(reach));
    deps.certificates.use(wanted);
    return () => {
      const before = members;
      members = new Map(reached.map((member) => [member.config.from, member]));
      found = createWebRoutes(reached.map(({ route }) => route));
      for (const [from, { route }] of before) if (members.get(from)?.route !== route) route.retire();
    };
  };
  (await prepare(initial))();
  return {
    prepare,
    current: () => [...members.values()].map(({ config }) => config),
    routes: {
      of: (request) => found.of(request),
      plainOf: (request) => found.plainOf(request),
      byHost: (host) => found.byHost(host),
      all: () => found.all(),
    },
  };
}
