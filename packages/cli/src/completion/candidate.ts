/** A word that can come next, and what it is. */
export type Candidate = { value: string; about?: string };

/** What can come next: words, and whether files can. `words` are complete, also where only a part of one is new. */
export type Candidates = { words: readonly Candidate[]; files: boolean };
