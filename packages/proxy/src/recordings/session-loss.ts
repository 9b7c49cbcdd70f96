import { RecordingUnavailable } from '@sallyport/recordings';
import type { StreamEnd } from '../exchange/exchange.ts';

/** A time of a session that is not recorded. It has no end while it lasts. */
export type Gap = { from: string; until?: string; reason: string };

export type SessionLossDeps = {
  demand: 'optional' | 'required';
  /** Makes a gap known, when it begins and when it ends. */
  gap(gap: Gap): void;
  /** Ends the session. */
  cut(end: StreamEnd): void;
  time(): string;
};

/** Returns why nothing can be recorded, without what only the operator may know, such as paths. */
export const reasonOf = (error: unknown): string =>
  error instanceof RecordingUnavailable ? error.message : 'the disk of the gateway failed';

/** Creates what happens to a session whose recording is lost: it ends, or it goes on with a gap in its recording. */
export function createSessionLoss({ demand, gap, cut, time }: SessionLossDeps) {
  let isRequired = demand === 'required';
  let isLost = false;
  let open: Gap | undefined;
  return {
    get isRequired() {
      return isRequired;
    },
    get isLost() {
      return isLost;
    },
    require() {
      isRequired = true;
    },
    /** `goOn` and `stop` are about what was not passed on yet: it is passed on without being recorded, or it is not. */
    lose(reason: string, { goOn, stop }: { goOn?(): void; stop?(): void } = {}) {
      if (isLost) return;
      isLost = true;
      if (isRequired) {
        stop?.();
        const detail = `This session must be recorded and cannot be any more, so it was ended: ${reason}.`;
        return cut({ reason: 'recording-lost', code: 'recording-unavailable', detail });
      }
      open = { from: time(), reason };
      gap(open);
      goOn?.();
    },
    /** The session is over. */
    end() {
      isLost = true;
      if (open) gap({ ...open, until: time() });
    },
  };
}
