import type { SignedCheckpoint, TrailEvent, Verifier } from '@sallyport/audit-proof';
import { fieldOf } from '../../input/untrusted.ts';

type Begin = { producer: string; seq: number; prevHash: string };

/** What an import must know of a trail before it sends its events. */
export type Survey = {
  /** By producer, the first event, if that is not the first one of the chain. */
  begins(): Begin[];
  checkpoints: SignedCheckpoint[];
};

/** Returns a verifier that also surveys what it gets. Numbers beyond 2^31 are left out: no producer gets that far. */
export function surveyTrail(verifier: Verifier): { verifier: Verifier; survey: Survey } {
  const firsts = new Map<string, Begin>();
  const checkpoints: SignedCheckpoint[] = [];
  const note = ({ type, data }: TrailEvent) => {
    const part = fieldOf(data, 'sallyport');
    const [producer, seq, prevHash] = ['producer', 'seq', 'prevHash'].map((name) => fieldOf(part, name));
    if (typeof producer !== 'string' || typeof seq !== 'number' || typeof prevHash !== 'string') return;
    if (!Number.isInteger(seq) || seq < 1 || seq >= 2 ** 31) return;
    if (seq < (firsts.get(producer)?.seq ?? Infinity)) firsts.set(producer, { producer, seq, prevHash });
    const checkpoint = fieldOf(part, 'checkpoint');
    if (type === 'audit.checkpoint' && fieldOf(checkpoint, 'signature') !== undefined)
      checkpoints.push(checkpoint as SignedCheckpoint);
  };
  return {
    verifier: {
      ...verifier,
      add(event) {
        note(event);
        verifier.add(event);
      },
    },
    survey: { checkpoints, begins: () => [...firsts.values()].filter(({ seq }) => seq > 1) },
  };
}
