import type { Status } from '../../status/status.ts';
import type { BoundaryTracker } from './boundary-tracker.ts';
import { LineBoundary } from './line-boundary.ts';
import { PrefixedBoundary } from './prefixed-boundary.ts';
import { watchErrorEvent } from './watch-error-event.ts';

/** Tracks where the records in the body of a watch end. Keeps nothing of the body. */
export type RecordBoundary = {
  /** Adds the next bytes of the body, without transfer and content codings. */
  push(bytes: Uint8Array): void;
  /** True before the first byte and after each record. */
  readonly atBoundary: boolean;
  /**
   * Returns how many of the next bytes complete the current record: 0 at a boundary; undefined if they do not contain its
   * end. Does not add them.
   */
  boundaryIn(bytes: Uint8Array): number | undefined;
  /**
   * Returns the record that tells the client why the watch ends, to be sent at a boundary; undefined if the format has
   * none, so that the body just ends.
   */
  errorEvent(status: Status): Buffer | undefined;
};

/**
 * Creates the tracker for the response of a watch, by its Content-Type: JSON (an event per line) or protobuf (an event
 * after its length). Undefined for other types and compressed bodies, where boundaries are unknown.
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
