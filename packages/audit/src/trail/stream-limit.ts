import { ProblemError } from '@sallyport/kit';

/** Limits how many long answers a person may have open. Returns what frees the place; throws `too-many-requests`. */
export function createStreamLimit(perPerson = 4): (person: string) => () => void {
  const open = new Map<string, number>();
  return (person) => {
    const own = open.get(person) ?? 0;
    if (own >= perPerson)
      throw new ProblemError(
        'too-many-requests',
        `You already follow or export the audit trail ${perPerson} times. End one of them first.`,
      );
    open.set(person, own + 1);
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      const left = open.get(person)! - 1;
      if (left === 0) open.delete(person);
      else open.set(person, left);
    };
  };
}
