import { shownText } from '@sallyport/player/shown-text';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { PaletteCommand } from './commands.ts';

const most = 50;

/** Returns the commands that have all the words that were typed. */
function matching(commands: readonly PaletteCommand[], typed: string): PaletteCommand[] {
  const words = typed.toLowerCase().split(/\s+/);
  return commands.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word))).slice(0, most);
}

/** Lists everything that one can do here, to be found by typing. */
export function Palette({ commands, close }: { commands: readonly PaletteCommand[]; close: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => list.current?.children[at]?.scrollIntoView({ block: 'nearest' }), [at]);
  const found = matching(commands, typed);
  const run = (command: PaletteCommand | undefined) => {
    if (!command) return;
    close();
    command.run();
  };
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    setAt((found.length + at + step) % Math.max(1, found.length));
  };
  return (
    <dialog ref={dialog} class="palette" aria-label="Commands" onClose={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          run(found[at]);
        }}
      >
        <input
          type="text"
          role="combobox"
          aria-label="Type what you want to do"
          aria-expanded="true"
          aria-controls="commands"
          aria-activedescendant={found.length > 0 ? `command-${at}` : undefined}
          placeholder="Type what you want to do"
          autocomplete="off"
          spellcheck={false}
          value={typed}
          onKeyDown={press}
          onInput={({ currentTarget }) => {
            setTyped(currentTarget.value);
            setAt(0);
          }}
        />
      </form>
      <ul id="commands" role="listbox" aria-label="Commands" ref={list}>
        {found.map((command, index) => (
          <li
            key={command.name}
            id={`command-${index}`}
            role="option"
            aria-selected={index === at}
            onClick={() => run(command)}
          >
            <bdi>{shownText(command.name)}</bdi>
          </li>
        ))}
      </ul>
      {found.length === 0 ? <p class="quiet">Nothing here has this name.</p> : null}
    </dialog>
  );
}
