import { unsupportedMediaType } from '../http/api-error.ts';
import { jsonPatch } from './json-patch.ts';
import { mergePatch } from './merge-patch.ts';
import { strategicMerge } from './strategic-merge.ts';

const byMediaType: ReadonlyMap<string, (target: unknown, patch: unknown) => unknown> = new Map([
  ['application/json-patch+json', jsonPatch],
  ['application/merge-patch+json', mergePatch],
  ['application/strategic-merge-patch+json', strategicMerge],
]);

/** Returns the kind of patch for a media type. Throws 415 for any other, including server-side apply. */
export function patchFor(mediaType: string): (target: unknown, patch: unknown) => unknown {
  const patch = byMediaType.get(mediaType);
  if (patch !== undefined) return patch;
  if (mediaType.startsWith('application/apply-patch')) {
    throw unsupportedMediaType(
      'the practice cluster does not support server-side apply. Use client-side apply (--server-side=false in kubectl apply and helm)',
    );
  }
  throw unsupportedMediaType(
    `the body of the request was in an unknown format - accepted media types include: ${[...byMediaType.keys()].join(', ')}`,
  );
}
