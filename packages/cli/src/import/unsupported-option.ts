/** Option names of Pomerium that share an explanation: why they are not supported, and what to do instead. */
export type UnsupportedOptions = readonly [names: readonly string[], why: string, instead: string];

export const nothingToDo = 'You do not need to do anything.';
