import type { IncomingMessage } from 'node:http';
import type { CheckClient } from '../authorize/check-client.ts';
import type { Allowed, ClusterExchange, Step } from '../exchange/exchange.ts';
import { cleanResponseHeaders } from '../headers/clean-response-headers.ts';
import type { HintRefusals } from '../hints/hint-refusals.ts';
import { createFail, createSend, type RoadParts } from '../passage/road-parts.ts';
import { takeSteps, type RoadSteps } from '../passage/take-steps.ts';
import type { ClusterKinds } from '../upstream/cluster-kinds.ts';
import type { Recordings } from '../recordings/create-recordings.ts';
import type { Upstream, Upstreams } from '../upstream/upstream.ts';
import type { Applications } from '../web-identity/read-application-token.ts';
import { createCheck } from './check.ts';
import { createForward } from './forward.ts';
import { impersonate } from './impersonate.ts';
import { observeStream } from './observe-stream.ts';
import { createReadCredential } from './read-credential.ts';
import { readKubeRequest } from './read-kube-request.ts';
import { createReadTarget } from './read-target.ts';
import { createSendStatus, type ClusterPages } from './send-status.ts';
import { createWarnings } from './warnings.ts';

type RoadDeps = {
  upstreams: Upstreams;
  checks: CheckClient;
  /** What a cluster reports about its kinds. */
  kindsOf(upstream: Upstream): ClusterKinds;
  /** Decides about applications that act for their users. Without it none of them may. */
  applications: Applications | undefined;
  /** Adds to the refusals of a cluster what callers can do. Without it, they are passed on as they are. */
  hintRefusals: HintRefusals | undefined;
  recordings: Pick<Recordings, 'refuseUnrecordable' | 'begin'>;
  /** What a browser at the address of a cluster is shown. */
  clusterPages: ClusterPages;
};

/** What an exec, attach or port-forward carries is observed, for its event and for its recording. */
const readAlong = (exchange: Allowed<ClusterExchange>, answer: IncomingMessage) => {
  const observer = observeStream(exchange, answer);
  const { recording } = exchange;
  return { observer, end: observer, recording: recording?.isWhole ? recording : undefined };
};

/**
 * Creates the road that every request to a cluster takes, upgrades included. Each step adds its part or refuses, and
 * nothing goes upstream before the last step.
 */
export function createRoad(parts: RoadParts, deps: RoadDeps): (exchange: ClusterExchange) => Promise<void> {
  const { trail, streams, lifecycle, openBody, clientCertificateOf, tokens, workloads, timeouts } = parts;
  const { upstreams, checks, kindsOf, applications, hintRefusals, recordings } = deps;
  const fail = createFail(parts, createSendStatus(deps.clusterPages));
  const forward = createForward({
    firstByte: timeouts.firstByte,
    openBody,
    lifecycle,
    trail,
    warningOf: createWarnings({ now: () => performance.now() }),
    hintRefusals,
    fail,
  });
  const { changesReceived } = streams;
  const reachConnector: Step<Allowed<ClusterExchange>> = ({ upstream }) => upstream.ready();
  const steps: RoadSteps<ClusterExchange> = {
    read: {
      // Nothing begins whose end could not be recorded.
      openAudit: trail.open,
      // Which cluster, and the headers: 403 for an identity header. An unknown cluster passes.
      readTarget: createReadTarget({ upstreams }),
      // What is asked: 400 for what could be read in two ways, 405 for unknown methods.
      readKubeRequest,
    },
    decide: {
      // Who asks: exactly one credential.
      readCredential: createReadCredential({ tokens, workloads, applications }),
      // Authorize decides: 401, 403, and 503 if it cannot be reached.
      check: createCheck({ client: checks, clientCertificateOf, changesReceived, workloads, kindsOf }),
    },
    send: {
      // 503 if its connector is not connected.
      reachConnector,
      // 403 for a shell that must be recorded and cannot be.
      refuseUnrecordable: recordings.refuseUnrecordable,
      // A stream is registered, any other request is counted: 429 beyond the limits.
      admitStream: lifecycle.admitted,
      // What must not run unaudited waits for the acknowledgement.
      commitAudit: trail.commit,
      // A session is recorded: 503 if there is no place for a recording that must be.
      beginRecording: recordings.begin,
      // The connector may have connected elsewhere while the request waited.
      reachConnectorAgain: reachConnector,
      // The upstream headers, from an allow-list, as the user.
      impersonate,
      // What was ended while it waited goes no further.
      refuseEnded: streams.refuseEnded,
      // Forward, or tunnel for an upgrade.
      send: createSend(parts, { forward, fail, clean: cleanResponseHeaders, readAlong }),
    },
  };
  return takeSteps(steps, fail);
}
