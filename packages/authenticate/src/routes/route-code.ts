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
