import type { CheckAnswer, Decision, Impersonation, ProblemCode } from '@sallyport/contracts';
import type { CallerView, ClusterAppearance } from '../caller/caller-view.ts';

/** One answer of `POST /v1/check` before serialization. `caller` and `appearance` contain their JSON. */
export type Answer = {
  readonly decision: Decision;
  readonly problem?: {
    readonly code: ProblemCode;
    readonly detail: string;
    readonly ruleMessage?: string | undefined;
    readonly suggestion?: string | undefined;
  };
  /** Set if the session store does not know the credential. */
  readonly credential?: 'unknown';
  /** Set if the caller must not learn whether there is such a cluster. */
  readonly cluster?: 'unknown';
  readonly caller?: CallerView;
  /** When the session ends if it is not used; set if the check did not count as use. */
  readonly idleEndsAt?: number;
  readonly appearance?: ClusterAppearance;
  /** As whom the request goes upstream, if it asks to act as another. */
  readonly actsAs?: Impersonation;
  /** Whether the session that the request opens is recorded, and must be. */
  readonly recording?: CheckAnswer['recording'];
  /** Set if the policy keeps the name of the service account in the check from the caller. */
  readonly reservedName?: true;
  /** How many elevations of others wait for the approval of the caller, if any do. */
  readonly approvalsWaiting?: number;
  /** What has become of an elevation with which it was allowed before. */
  readonly elevationEnded?: string;
};

/** A refusal before any policy of the target is evaluated. */
export type Refused = Required<Pick<Answer, 'decision' | 'problem'>>;

/** Writes an answer as JSON (`checkAnswerSchema`). */
export function writeAnswer(answer: Answer): string {
  const { decision, problem, credential, cluster, caller, idleEndsAt, appearance, actsAs, reservedName } = answer;
  const { approvalsWaiting, elevationEnded, recording } = answer;
  let json = `{"decision":${JSON.stringify(decision)}`;
  if (problem) json += `,"problem":${JSON.stringify(problem)}`;
  if (credential) json += `,"credential":${JSON.stringify(credential)}`;
  if (cluster) json += `,"cluster":${JSON.stringify(cluster)}`;
  if (caller) json += `,${idleEndsAt === undefined ? caller.json : caller.idleJson(idleEndsAt)}`;
  if (appearance && appearance.refusal === undefined) json += `,"impersonation":${appearance.json}`;
  if (recording) json += `,"recording":"${recording}"`;
  if (reservedName) json += ',"reservedName":true';
  if (approvalsWaiting !== undefined) json += `,"approvalsWaiting":${approvalsWaiting}`;
  if (elevationEnded !== undefined) json += `,"elevationEnded":${JSON.stringify(elevationEnded)}`;
  if (actsAs) json += `,"actsAs":${JSON.stringify(actsAs)}`;
  return `${json}}`;
}
