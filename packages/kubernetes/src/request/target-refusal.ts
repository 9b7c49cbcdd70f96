/** The refusal of a request target, with a reason for the caller. */
export type TargetRefusal = { ok: false; reason: string };

/** Creates a refusal; `reason` is a clause without a final dot. */
export function refuseTarget(reason: string): TargetRefusal {
  return { ok: false, reason: `The request target is refused: ${reason}.` };
}
