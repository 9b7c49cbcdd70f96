import { unsupportedMediaType } from '../api-error.ts';
import { jsonPatch } from './json-patch.ts';
import { mergePatch } from './merge-patch.ts';
import { strategicMerge } from './strategic-merge.ts';

const byMediaType: ReadonlyMap<string, (target: unknown, patch: unknown) => unknown> = new Map([
  ['application/json-patch+json', jsonPatch],
  ['application/merge-patch+json', mergePatch],
  ['application/strategic-merge-patch+json', strategicMerge],
]);

/** Finds the patch that a media type names; throws 415 for others, server-side apply among them. */
export function patchFor(mediaType: string): (target: unknown, patch: unknown) => unknown {
  const patch = byMediaType.get(mediaType);
  if (patch !== undefined) return patch;
  if (mediaType.startsWith('application/apply-patch')) {
    throw unsupportedMediaType(
      'the practice cluster has no server-side apply; apply on the side of the client (--server-side=false of kubectl apply and helm)',
    );
  }
  throw unsupportedMediaType(
    `the body of the request was in an unknown format - accepted media types include: ${[...byMediaType.keys()].join(', ')}`,
  );
}
