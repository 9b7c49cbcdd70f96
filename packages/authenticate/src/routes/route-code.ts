import { z } from 'zod';

/** What a code for a web application stands for: the host, the browser that began, its tab, and its login. */
export const routeCodeSchema = z.object({
  host: z.string(),
  challenge: z.string(),
  tab: z.string(),
  parent: z.object({ id: z.string(), hash: z.string() }),
});
export type RouteCode = z.infer<typeof routeCodeSchema>;

export const routeCodeKind = 'route-code';
export const routeCodeLifeMs = 60_000;

/**
 * How many codes one login of a browser may get within a window, whose length is in milliseconds. Each code can become a
 * session that lasts as long as the login. A browser that restores its tabs needs one for each.
 */
export const [maxRouteCodes, routeCodeWindowMs] = [200, 10 * 60_000];
export const routeCodeCountKind = 'route-code-count';
