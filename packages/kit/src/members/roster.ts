/** The place of a member, by which it is taken off. */
export type RosterPlace<Member> = {
  member: Member | undefined;
  before: RosterPlace<Member> | undefined;
  after: RosterPlace<Member> | undefined;
};

/**
 * Members in the order in which they were added, for what comes and goes with every request.
 *
 * A Set or a Map is not suited to that. Whenever its members have changed a few times, V8 makes a new table for it, and
 * the old table refers to the new one. As soon as one of these tables is in the old generation, everything that was ever
 * in a later one outlives the young generation as well, until the next full collection. What leaves a roster refers to
 * nothing that comes later.
 */
export class Roster<Member> {
  #first: RosterPlace<Member> | undefined;
  #last: RosterPlace<Member> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The member that was added before all others. */
  get first(): Member | undefined {
    return this.#first?.member;
  }

  /** Adds a member at the end, and returns its place. */
  add(member: Member): RosterPlace<Member> {
    const place: RosterPlace<Member> = { member, before: this.#last, after: undefined };
    if (this.#last) this.#last.after = place;
    else this.#first = place;
    this.#last = place;
    this.#size += 1;
    return place;
  }

  /** Takes a member off. Returns false if it was taken off before. */
  remove(place: RosterPlace<Member>): boolean {
    if (place.member === undefined) return false;
    const { before, after } = place;
    if (before) before.after = after;
    else this.#first = after;
    if (after) after.before = before;
    else this.#last = before;
    place.member = place.before = place.after = undefined;
    this.#size -= 1;
    return true;
  }

  /** Returns the members as they are now. */
  members(): Member[] {
    const members: Member[] = [];
    for (let place = this.#first; place; place = place.after) members.push(place.member!);
    return members;
  }
}
