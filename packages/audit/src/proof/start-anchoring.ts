import { createWarnOnce, type Logger } from '@sallyport/kit';
import type { CheckpointMetrics } from './checkpoint-metrics.ts';
import type { Anchor } from './create-anchor.ts';
import type { ProofStore } from './proof-store.ts';

export type AnchoringDeps = {
  proof: Pick<ProofStore, 'unanchored' | 'markAnchored'>;
  anchor: Anchor;
  metrics: CheckpointMetrics;
  logger: Logger;
  stepMs: number;
};

const mostAnchored = 1000;

/** Keeps checkpoints in their second place, apart from everything else, because that place may be slow. */
export function startAnchoring({ proof, anchor, metrics, logger, stepMs }: AnchoringDeps): { close(): Promise<void> } {
  const outage = createWarnOnce(logger, {
    failed: 'cannot keep checkpoints in their second place (audit.checkpoints.anchor); retrying',
    recovered: 'keeping checkpoints in their second place again',
  });
  let running: Promise<void> | undefined;
  let [waits, pause] = [0, 0];
  const turn = async (): Promise<void> => {
    const left = await proof.unanchored(mostAnchored).catch(() => []);
    metrics.unanchored(left.length);
    if (left.length === 0) return;
    try {
      await anchor(left);
      await proof.markAnchored(left.map(({ hash }) => hash));
      metrics.unanchored(0);
      outage.recovered();
      pause = 0;
    } catch (error) {
      metrics.failed();
      outage.failed({ reason: (error as Error).message, checkpoints: left.length });
      pause = Math.min(60, Math.max(1, 2 * pause));
      waits = pause;
    }
  };
  const timer = setInterval(() => {
    if (waits > 0) waits -= 1;
    else running ??= turn().finally(() => (running = undefined));
  }, stepMs);
  timer.unref();
  return {
    async close() {
      clearInterval(timer);
      await running;
    },
  };
}
