/** Pseudo-random numbers. The same seed produces the same numbers on every machine. */
export type Dice = {
  /** Returns an integer from 0 to `below` - 1. */
  roll(below: number): number;
  pick<T>(items: readonly T[]): T;
};

/** mulberry32, which is small and good enough to choose mutations. */
export function createDice(seed: number): Dice {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const roll = (below: number) => Math.floor(next() * below);
  return { roll, pick: (items) => items[roll(items.length)]! };
}

const oddBytes = [0, 1, 9, 10, 13, 32, 35, 37, 47, 58, 59, 92, 126, 127, 128, 129, 130, 254, 255];
/** The maximum length. Longer inputs only take longer. */
const longest = 65_536;

type Mutation = (input: Buffer, dice: Dice, others: readonly Buffer[], tokens: readonly Buffer[]) => Buffer;

const splice = (input: Buffer, at: number, remove: number, ...insert: readonly Uint8Array[]) =>
  Buffer.concat([input.subarray(0, at), ...insert, input.subarray(at + remove)]);
const place = (input: Buffer, dice: Dice) => dice.roll(input.length + 1);

const mutations: readonly Mutation[] = [
  (input, dice) => {
    // a bit
    const copy = Buffer.from(input);
    const at = dice.roll(copy.length);
    if (copy.length > 0) copy[at]! ^= 1 << dice.roll(8);
    return copy;
  },
  (input, dice) => {
    // a byte
    const copy = Buffer.from(input);
    if (copy.length > 0) copy[dice.roll(copy.length)] = dice.roll(3) === 0 ? dice.roll(256) : dice.pick(oddBytes);
    return copy;
  },
  (input, dice) => {
    // four bytes, like a length
    const copy = Buffer.from(input);
    if (copy.length >= 4)
      copy.writeUInt32BE(
        dice.pick([0, 1, 0x7f_ff, 0xff_ff, 0x7f_ff_ff_ff, 0x80_00_00_00, 0xff_ff_ff_ff, dice.roll(4_294_967_296)]),
        dice.roll(copy.length - 3),
      );
    return copy;
  },
  (input, dice) => splice(input, place(input, dice), 0, Buffer.from([dice.pick(oddBytes)])),
  (input, dice) => splice(input, place(input, dice), 1 + dice.roll(8)),
  (input, dice) => input.subarray(0, place(input, dice)),
  (input, dice, _others, tokens) =>
    tokens.length === 0 ? input : splice(input, place(input, dice), dice.roll(2) * dice.roll(6), dice.pick(tokens)),
  (input, dice) => {
    // repeat a piece, perhaps many times
    const from = place(input, dice);
    const piece = input.subarray(from, from + 1 + dice.roll(40));
    return splice(
      input,
      place(input, dice),
      0,
      ...Array.from({ length: dice.roll(12) === 0 ? 1 + dice.roll(400) : 1 }, () => piece),
    );
  },
  (input, dice, others) => {
    // join the beginning of one and the end of another
    const other = dice.pick(others);
    return Buffer.concat([input.subarray(0, place(input, dice)), other.subarray(place(other, dice))]);
  },
  (input, dice) => {
    // swap two pieces
    const [one, other] = [place(input, dice), place(input, dice)].toSorted((a, b) => a - b) as [number, number];
    return Buffer.concat([input.subarray(0, one), input.subarray(other), input.subarray(one, other)]);
  },
];

/** Mutates one of the seeds a little, or a lot. `tokens` are tokens of the parser's language. */
export function mutate(seeds: readonly Buffer[], tokens: readonly Buffer[], dice: Dice): Buffer {
  let input = dice.pick(seeds);
  for (let times = 1 + dice.roll(dice.roll(4) === 0 ? 30 : 5); times > 0; times -= 1)
    input = dice.pick(mutations)(input, dice, seeds, tokens);
  return input.subarray(0, longest);
}
