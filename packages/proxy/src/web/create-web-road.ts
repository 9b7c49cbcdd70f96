import { createWebSocketEnd } from '@sallyport/kubernetes';
import type { CheckClient } from '../authorize/check-client.ts';
import type { Allowed, Step, WebExchange } from '../exchange/exchange.ts';
import { createFail, createSend, type RoadParts } from '../passage/road-parts.ts';
import { takeSteps, type RoadSteps } from '../passage/take-steps.ts';
import { createBuildWebHeaders } from './build-web-headers.ts';
import { createCheckWeb } from './check-web.ts';
import { cleanWebResponse } from './clean-web-response.ts';
import { createForwardWeb } from './forward-web.ts';
import { createReadWebCredential } from './read-web-credential.ts';
import { readWebRequest } from './read-web-request.ts';
import { refuseForeignPage } from './refuse-foreign-page.ts';
import { createSendWebProblem } from './send-web-problem.ts';

type WebRoadDeps = {
  checks: CheckClient;
  /** The origin of the login pages. */
  loginOrigin: string;
};

/** What an application sends is not observed. Only where its frames end is known. */
const readAlong = () => ({ end: createWebSocketEnd() });

/** Creates the road that every request to a web application takes, upgrades included. */
export function createWebRoad(
  parts: RoadParts,
  { checks, loginOrigin }: WebRoadDeps,
): (exchange: WebExchange) => Promise<void> {
  const { trail, streams, lifecycle, openBody, clientCertificateOf, tokens, workloads, isTraced } = parts;
  const fail = createFail(parts, createSendWebProblem({ loginOrigin }));
  const forward = createForwardWeb({ openBody, lifecycle, written: trail.written, fail });
  const { changesReceived } = streams;
  const reachConnector: Step<Allowed<WebExchange>> = ({ upstream }) => upstream.ready();
  const steps: RoadSteps<WebExchange> = {
    read: {
      // Nothing begins whose end could not be recorded.
      openAudit: trail.open,
      // 400 for what could be read in two ways, 403 for an identity header.
      readWebRequest,
    },
    decide: {
      // Who asks: exactly one credential.
      readWebCredential: createReadWebCredential({ tokens, workloads }),
      // 403 for what another site makes the browser send.
      refuseForeignPage,
      // Authorize decides: 401, 403, 503 if it cannot be reached.
      check: createCheckWeb({ client: checks, clientCertificateOf, changesReceived, workloads }),
    },
    send: {
      // 503 if its connector is not connected.
      reachConnector,
      // 429 beyond the limits.
      admitStream: lifecycle.admitted,
      // What may change something waits for the acknowledgement.
      commitAudit: trail.commit,
      // The connector may have connected elsewhere while the request waited.
      reachConnectorAgain: reachConnector,
      // The upstream headers, with the identity.
      buildWebHeaders: createBuildWebHeaders({ isTraced }),
      // What was ended while it waited goes no further.
      refuseEnded: streams.refuseEnded,
      // Forward, or tunnel for a WebSocket.
      send: createSend(parts, { forward, fail, clean: cleanWebResponse, readAlong }),
    },
  };
  return takeSteps(steps, fail);
}
