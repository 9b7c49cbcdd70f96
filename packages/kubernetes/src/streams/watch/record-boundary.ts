import type { Status } from '../../status/status.ts';
import type { BoundaryTracker } from './boundary-tracker.ts';
import { LineBoundary } from './line-boundary.ts';
import { PrefixedBoundary } from './prefixed-boundary.ts';
import { watchErrorEvent } from './watch-error-event.ts';

/** Knows where the records in the body of a watch end. It keeps none of the body. */
export type RecordBoundary = {
  /** Takes the next bytes of the body, as they are after transfer and content codings are undone. */
  push(bytes: Uint8Array): void;
  /** True before the first byte and behind each record. */
  readonly atBoundary: boolean;
  /**
   * How many of the next bytes may still be passed on so that the client has whole records: 0 at a boundary, else up to
   * the first one in them; undefined if none is there. They are not taken.
   */
  boundaryIn(bytes: Uint8Array): number | undefined;
  /**
   * The record that says why a watch ends, for a boundary; undefined where none is written for the format: then the
   * body just ends.
   */
  errorEvent(status: Status): Buffer | undefined;
};

/**
 * Makes one for the response of a watch, by its Content-Type: JSON, an event a line, or protobuf, an event behind its
 * length. Undefined for anything else and where the Content-Encoding says that the body is compressed: there no
 * boundary is known.
 */
export function createRecordBoundary(
  contentType: string | undefined,
  contentEncoding?: string,
): RecordBoundary | undefined {
  if (contentEncoding !== undefined && contentEncoding.trim().toLowerCase() !== 'identity') return undefined;
  const mediaType = contentType?.split(';', 1)[0]!.trim().toLowerCase();
  if (mediaType === 'application/json') return boundaryOf(new LineBoundary(), watchErrorEvent);
  if (mediaType === 'application/vnd.kubernetes.protobuf') return boundaryOf(new PrefixedBoundary(), () => undefined);
  return undefined;
}

function boundaryOf(tracker: BoundaryTracker, errorEvent: RecordBoundary['errorEvent']): RecordBoundary {
  return {
    push: (bytes) => void tracker.push(bytes),
    get atBoundary() {
      return tracker.atBoundary;
    },
    boundaryIn: (bytes) => (tracker.atBoundary ? 0 : tracker.copy().push(bytes)),
    errorEvent,
  };
}
