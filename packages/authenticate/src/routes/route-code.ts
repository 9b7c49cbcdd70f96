import { z } from 'zod';

/** What a browser shows of itself: where it comes from, as the gateway saw it, and what it calls itself. */
const shownSchema = z.object({ clientAddress: z.string().optional(), userAgent: z.string().optional() });
export type Shown = z.infer<typeof shownSchema>;

/** What a code for a web application stands for: the host, the browser that began, its tab, and its login. */
export const routeCodeSchema = z.object({
  host: z.string(),
  challenge: z.string(),
  tab: z.string(),
  parent: z.object({ id: z.string(), hash: z.string() }),
  /**
   * What the browser showed that the code is for, and the origin of the application. Codes of older versions lack it, and
   * are redeemed without a comparison, as long as the last of them lives.
   */
  issued: z.object({ origin: z.string(), to: shownSchema }).optional(),
});
export type RouteCode = z.infer<typeof routeCodeSchema>;

export const routeCodeKind = 'route-code';
export const routeCodeLifeMs = 60_000;

/**
 * How many codes of one login can be open. Beyond it, each new one replaces the oldest: a page that makes a browser ask
 * for codes fills no store and locks out no person.
 */
export const maxOpenCodes = 200;
/** The places of the open codes of a login. */
export const routeCodePlaceKind = 'route-code-place';
export const routeCodeCountKind = 'route-code-count';

/**
 * How many codes one login may redeem for one web application within a window, whose length is in milliseconds. Each can
 * become a session that lasts as long as the login. A browser that restores its tabs needs one for each.
 */
export const [maxRedeemed, redeemWindowMs] = [200, 10 * 60_000];
export const redeemCountKind = 'route-redeem-count';

/** A code that another browser than the one at the login wants to redeem. A click there gives it one of its own. */
export const routeConfirmationKind = 'route-confirmation';
export const routeConfirmationLifeMs = 5 * 60_000;
