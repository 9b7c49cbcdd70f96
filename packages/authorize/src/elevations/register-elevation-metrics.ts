import { isActive, isBreakGlass, reviewDueAt } from '@sallyport/elevation';
import type { Metrics } from '@sallyport/kit';
import { Gauge } from 'prom-client';
import type { HeldElevations } from './held-elevations.ts';

/** Registers what an operator must not miss. Every replica reports the same: it is about all elevations. */
export function registerElevationMetrics(
  metrics: Metrics,
  { held, now }: { held: Pick<HeldElevations, 'all' | 'toReview'>; now: () => number },
): void {
  const gauge = (name: string, help: string, count: () => number) => {
    const made: Gauge = new Gauge({ name, help, registers: [metrics], collect: () => made.set(count()) });
  };
  gauge(
    'sallyport_elevations_break_glass_active',
    'Elevations that began without an approval and are active',
    () => held.all().filter((one) => isBreakGlass(one) && isActive(one, now())).length,
  );
  gauge('sallyport_elevations_to_review', 'Elevations that wait for a review', () => held.toReview().length);
  gauge(
    'sallyport_elevations_reviews_overdue',
    'Elevations whose review is overdue',
    () => held.toReview().filter((one) => now() >= reviewDueAt(one)!).length,
  );
}
