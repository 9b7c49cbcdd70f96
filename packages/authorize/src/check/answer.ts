import type { Decision, ProblemCode } from '@sallyport/contracts';
import type { CallerView, ClusterAppearance } from './caller-view.ts';

/** One answer of `POST /v1/check` before it is written; `caller` and `appearance` bring their JSON with them. */
export type Answer = {
  readonly decision: Decision;
  readonly problem?: { readonly code: ProblemCode; readonly detail: string };
  readonly caller?: CallerView;
  readonly appearance?: ClusterAppearance;
};

/** Writes an answer as JSON (`checkAnswerSchema`). */
export function writeAnswer({ decision, problem, caller, appearance }: Answer): string {
  let json = `{"decision":${JSON.stringify(decision)}`;
  if (problem) json += `,"problem":${JSON.stringify(problem)}`;
  if (caller) json += `,${caller.json}`;
  if (appearance?.refusal === undefined && appearance) json += `,"impersonation":${appearance.json}`;
  return `${json}}`;
}
