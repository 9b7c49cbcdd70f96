import type { Decision, ProblemCode } from '@sallyport/contracts';
import type { CallerView, ClusterAppearance } from './caller-view.ts';

/** One answer of `POST /v1/check` before it is written; `caller` and `appearance` bring their JSON with them. */
export type Answer = {
  readonly decision: Decision;
  readonly problem?: { readonly code: ProblemCode; readonly detail: string };
  readonly caller?: CallerView;
  /** When the session ends for lack of use; told where the check was no use of it. */
  readonly idleEndsAt?: number;
  readonly appearance?: ClusterAppearance;
};

/** Writes an answer as JSON (`checkAnswerSchema`). */
export function writeAnswer({ decision, problem, caller, idleEndsAt, appearance }: Answer): string {
  let json = `{"decision":${JSON.stringify(decision)}`;
  if (problem) json += `,"problem":${JSON.stringify(problem)}`;
  if (caller) json += `,${idleEndsAt === undefined ? caller.json : caller.idleJson(idleEndsAt)}`;
  if (appearance?.refusal === undefined && appearance) json += `,"impersonation":${appearance.json}`;
  return `${json}}`;
}
