import { readFile } from 'node:fs/promises';
import { canonicalJson } from '@sallyport/audit-proof';
import type { AnchorConfig } from '@sallyport/contracts';
import { appendLines } from '../files/append-lines.ts';
import type { StoredCheckpoint } from './proof-store.ts';

/** Puts checkpoints into a second place. Rejects unless all of them are there; then they are put there again. */
export type Anchor = (checkpoints: readonly StoredCheckpoint[]) => Promise<void>;

export type AnchorDeps = { resolvePath(file: string): string; fetch?: typeof fetch; timeoutMs?: number };

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
