/** metav1.StatusDetails: the object that a status is about, and its causes. */
export type StatusDetails = {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: { reason?: string; message?: string; field?: string }[];
  retryAfterSeconds?: number;
};

/** metav1.Status, the response that every Kubernetes client can show. */
export type Status = {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, never>;
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code: number;
};

/** Creates a Status. Codes below 400 mean success. */
export function createStatus(about: {
  code: number;
  reason?: string;
  message?: string;
  details?: StatusDetails;
}): Status {
  const { code, reason, message, details } = about;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: code < 400 ? 'Success' : 'Failure',
    ...(message !== undefined && { message }),
    ...(reason !== undefined && { reason }),
    ...(details !== undefined && { details }),
    code,
  };
}

/** A problem of the gateway: its code in the closed table, the status and reason of that row, and a detail. */
type ProblemForStatus = {
  code: string;
  status: number;
  reason: string;
  detail: string;
  /** The object of the request, if it could be read. */
  about?: { apiGroup: string; resource: string; name: string };
  retryAfterSeconds?: number;
};

/** Converts a problem to a Status for Kubernetes clients. The problem's code is in `details.causes[0].reason`. */
export function statusForProblem({ code, status, reason, detail, about, retryAfterSeconds }: ProblemForStatus): Status {
  const details: StatusDetails = { causes: [{ reason: code, message: detail }] };
  if (about !== undefined) {
    if (about.name !== '') details.name = about.name;
    if (about.apiGroup !== '') details.group = about.apiGroup;
    if (about.resource !== '') details.kind = about.resource;
  }
  if (retryAfterSeconds !== undefined) details.retryAfterSeconds = retryAfterSeconds;
  return createStatus({ code: status, reason, message: detail, details });
}
