import type { Watched, StreamQuestion } from '@sallyport/contracts';
import { LiveTap, sealFor } from '@sallyport/recordings';

/** How long those who watch may still ask for the last output of a session. */
const afterEndMs = 10_000;
/** How long a question waits for output. The caller waits for a second. */
const waitMs = 600;

/** The sessions that are being recorded, for those who watch one. */
export type LiveSessions = {
  /** Opens the tap of a session. One that is no stream cannot be watched. */
  open(stream: string | undefined): Pick<LiveTap, 'data' | 'resize' | 'close'>;
  /** Answers a question with what a session of this gateway has shown. */
  read(question: Pick<StreamQuestion, 'where' | 'watch'>): Promise<Watched>;
};

/** Creates the list of sessions that can be watched. */
export function createLiveSessions(): LiveSessions {
  const taps = new Map<string, LiveTap>();
  return {
    open(stream) {
      const tap = new LiveTap();
      if (stream !== undefined) taps.set(stream, tap);
      return {
        data: (name, bytes) => tap.data(name, bytes),
        resize: (columns, rows) => tap.resize(columns, rows),
        close() {
          tap.close();
          if (stream === undefined) return;
          if (tap.isWatched()) setTimeout(() => taps.delete(stream), afterEndMs).unref();
          else taps.delete(stream);
        },
      };
    },
    async read({ where, watch }) {
      const tap = taps.get(where.stream ?? '');
      if (!tap || !watch) return { next: 0, lost: 0, isOver: true };
      const batch = await tap.read(watch.watcher, watch.after, waitMs);
      if (!batch) return { next: 0, lost: 0, isOver: false, isFull: true };
      const { frames, ...rest } = batch;
      return {
        ...rest,
        ...(frames.length > 0 && { sealed: sealFor(watch.recipient, frames).toString('base64') }),
      };
    },
  };
}
