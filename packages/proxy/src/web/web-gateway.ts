import type { Exchange, Step } from '../exchange/exchange.ts';
import { takeSteps } from '../passage/take-steps.ts';

type WebSteps = {
  openAudit: Step;
  readWebRequest: Step;
  readWebCredential: Step;
  refuseForeignPage: Step;
  check: Step;
  admitStream: Step;
  commitAudit: Step;
  buildWebHeaders: Step;
  refuseEnded: Step;
  send: Step;
  sendProblem(exchange: Exchange, error: unknown): void;
};

/** Creates the road that every request to a web application takes, upgrades included. */
export function createWebGateway(steps: WebSteps): (exchange: Exchange) => Promise<void> {
  const road: readonly Step[] = [
    steps.openAudit, //         nothing begins whose end could not be recorded
    steps.readWebRequest, //    400 for what could be read in two ways, 403 for an identity header
    steps.readWebCredential, // who asks: exactly one credential
    steps.refuseForeignPage, // 403 for what another site makes the browser send
    steps.check, //             authorize decides: 401, 403, 503 if it cannot be reached
    steps.admitStream, //       429 beyond the limits
    steps.commitAudit, //       what may change something waits for the acknowledgement
    steps.buildWebHeaders, //   the upstream headers, with the identity
    steps.refuseEnded, //       what was ended while it waited goes no further
    steps.send, //              forward, or tunnel for a WebSocket
  ];
  return takeSteps(road, steps.sendProblem);
}
