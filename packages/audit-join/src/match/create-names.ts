/** Numbers for texts that repeat. */
export type Names = { numberOf(name: string): number; nameOf(number: number): string };

/** Creates the numbering. Beyond `max` different texts, all further ones are number 0, whose name is `…`. */
export function createNames(max = 1_000_000): Names {
  const names = ['…'];
  const numbers = new Map<string, number>();
  return {
    numberOf(name) {
      const known = numbers.get(name);
      if (known !== undefined) return known;
      if (names.length > max) return 0;
      numbers.set(name, names.length);
      return names.push(name) - 1;
    },
    nameOf: (number) => names[number] ?? '…',
  };
}
