import { createContext, type ComponentChildren, type JSX } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import { Refused } from '../gateway/ask-gateway.ts';
import { Note, Shown } from './shown.tsx';

/** Something that a person can do, after they have confirmed it. */
export type Act = {
  /** What the button says, such as "Approve". */
  verb: string;
  /** What it is done to, such as "the elevation of alice". */
  what: string;
  /** What follows. */
  about?: ComponentChildren;
  tone?: 'bad';
  /** Whether a reason is typed, and what it is called. */
  reason?: { label: string; required: boolean };
  /** Does it, and waits for the answer of the gateway. */
  run(reason: string): Promise<unknown>;
  /** Reads again what may have changed. */
  done(): Promise<unknown>;
};

export const ActContext = createContext<(act: Act) => void>(() => undefined);

/** Returns what asks whether something is to be done. */
export const useAct = (): ((act: Act) => void) => useContext(ActContext);

/** A button that asks before it acts. */
export function ActButton({ act }: { act: Act }): JSX.Element {
  const ask = useAct();
  return (
    <button
      type="button"
      class={act.tone === 'bad' ? 'small bad' : 'small'}
      aria-label={`${act.verb} ${act.what}`}
      onClick={() => ask(act)}
    >
      {act.verb}
    </button>
  );
}

/** Asks whether something is to be done, and does it. Nothing looks done before the gateway has said so. */
export function ActDialog({ act, close }: { act: Act; close: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string>();
  useEffect(() => dialog.current?.showModal(), []);
  const lacks = act.reason?.required === true && reason.trim() === '';
  const submit = async () => {
    setBusy(true);
    setFault(undefined);
    try {
      await act.run(reason.trim());
      await act.done();
      close();
    } catch (error) {
      setFault(error instanceof Refused ? error.message : 'It has failed.');
      setBusy(false);
      await act.done();
    }
  };
  return (
    <dialog ref={dialog} aria-labelledby="act-title" onClose={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy && !lacks) void submit();
        }}
      >
        <h2 id="act-title">
          {act.verb} <Shown text={act.what} />?
        </h2>
        {act.about}
        {act.reason ? (
          <label>
            {act.reason.label}
            <textarea
              rows={2}
              maxLength={1024}
              required={act.reason.required}
              value={reason}
              onInput={({ currentTarget }) => setReason(currentTarget.value)}
            />
          </label>
        ) : null}
        {fault === undefined ? null : (
          <Note tone="bad">
            <Shown text={fault} />
          </Note>
        )}
        <div class="actions">
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" class={act.tone === 'bad' ? 'main bad' : 'main'} disabled={busy || lacks}>
            {busy ? 'Waiting for the gateway …' : act.verb}
          </button>
        </div>
      </form>
    </dialog>
  );
}
