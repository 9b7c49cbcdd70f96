import { createContext } from 'preact';
import { useContext, useEffect } from 'preact/hooks';

/** An entry of the command palette. */
export type PaletteCommand = { name: string; run(): void };

/** Takes the commands of a part of the page, as long as that is shown. */
export type OfferCommands = (owner: string, commands: readonly PaletteCommand[]) => void;

export const CommandsContext = createContext<OfferCommands>(() => undefined);

/** Offers commands in the palette while the part of the page is shown. */
export function useCommands(owner: string, commands: readonly PaletteCommand[]): void {
  const offer = useContext(CommandsContext);
  useEffect(() => offer(owner, commands), [offer, owner, commands]);
  useEffect(() => () => offer(owner, []), [offer, owner]);
}
