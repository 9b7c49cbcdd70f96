import { readFile } from 'node:fs/promises';
import { canonicalJson } from '@sallyport/audit-proof';
import type { AnchorConfig } from '@sallyport/contracts';
import { createWarnOnce, runEvery, type Interval, type Logger } from '@sallyport/kit';
import { appendLines } from '../lines/append-lines.ts';
import type { CheckpointMetrics } from './checkpoint-metrics.ts';
import type { ProofStore, StoredCheckpoint } from './proof-store.ts';

/** Puts checkpoints into a second place. Rejects unless all of them are there; then they are put there again. */
export type Anchor = (checkpoints: readonly StoredCheckpoint[]) => Promise<void>;

type AnchorDeps = { resolvePath(file: string): string; fetch?: typeof fetch; timeoutMs?: number };

/** Appends lines to a file that is opened for appending only, and waits until they are on the disk. */
function fileAnchor(file: string): Anchor {
  return (checkpoints) =>
    appendLines(file, checkpoints.map(({ checkpoint }) => `${canonicalJson(checkpoint)}\n`).join(''), true);
}

/** Posts each checkpoint. The token is read each time, so that it can be replaced. */
function urlAnchor(url: string, tokenFile: string | undefined, deps: AnchorDeps): Anchor {
  const post = deps.fetch ?? fetch;
  return async (checkpoints) => {
    const token = tokenFile === undefined ? undefined : (await readFile(tokenFile, 'utf8')).trim();
    for (const { checkpoint } of checkpoints) {
      const response = await post(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        body: canonicalJson(checkpoint),
        redirect: 'error',
        signal: AbortSignal.timeout(deps.timeoutMs ?? 10_000),
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`it answered ${response.status}`);
    }
  };
}

/** Creates the second place that `audit.checkpoints.anchor` names. */
export function createAnchor(anchor: AnchorConfig, deps: AnchorDeps): Anchor {
  if ('file' in anchor) return fileAnchor(deps.resolvePath(anchor.file));
  return urlAnchor(anchor.url, anchor.tokenFile === undefined ? undefined : deps.resolvePath(anchor.tokenFile), deps);
}

export type AnchoringDeps = {
  proof: Pick<ProofStore, 'unanchored' | 'markAnchored'>;
  anchor: Anchor;
  metrics: CheckpointMetrics;
  logger: Logger;
  stepMs: number;
};

const mostAnchored = 1000;

/** Keeps checkpoints in their second place, apart from everything else, because that place may be slow. */
export function startAnchoring({ proof, anchor, metrics, logger, stepMs }: AnchoringDeps): Pick<Interval, 'close'> {
  const outage = createWarnOnce(logger, {
    failed: 'cannot keep checkpoints in their second place (audit.checkpoints.anchor); retrying',
    recovered: 'keeping checkpoints in their second place again',
  });
  let [waits, pause] = [0, 0];
  return runEvery(stepMs, async () => {
    if (waits > 0) return void (waits -= 1);
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
  });
}
