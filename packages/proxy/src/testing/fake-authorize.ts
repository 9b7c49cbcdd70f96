import type { Socket } from 'node:net';
import { duplexPair, type Duplex } from 'node:stream';
import type { Check, CheckAnswer, CheckRequest, Question } from '@sallyport/contracts';
import {
  createRecordReader,
  ProblemError,
  recordKinds,
  toProblem,
  writeRecords,
  type ServiceClient,
  type ServiceRecord,
  type ServiceRequest,
} from '@sallyport/kit';

/** A question as a fake authorize has received it. */
export type Received = Question & { id: number };

/** Authorize's side of one connection. What is not answered by itself is answered by the test. */
export type FakeConnection = {
  /** The questions of each write. */
  writes: Received[][];
  isClosed(): boolean;
  send(...records: ServiceRecord[]): void;
  sendBytes(bytes: Buffer): void;
  /** Ends the connection, as the end of a process does. */
  end(): void;
  /** Reads no more. */
  stopReading(): void;
};

export const nameOf = ({ target }: Check): string => (target as { name: string }).name;
export const answerTo = (check: Check): CheckAnswer => ({
  decision: { effect: 'deny', rule: `rule of ${nameOf(check)}`, reasons: [], policyVersion: 'v' },
});
export const answerRecord = ({ id, check }: Received): ServiceRecord => ({
  kind: recordKinds.answer,
  id,
  text: JSON.stringify(answerTo(check)),
});
export const problemRecord = ({ id }: Received, code: ProblemError['code']): ServiceRecord => ({
  kind: recordKinds.problem,
  id,
  text: JSON.stringify(toProblem(new ProblemError(code, 'planted'))),
});

type Options = {
  /** Whether the `number`th connection is opened: 'no' if authorize does not know the protocol. */
  opens?: (number: number) => 'yes' | 'no' | 'refused' | 'never';
  /** What is answered by itself to the questions of a write to the `number`th connection; nothing if undefined. */
  reply?: (received: Received[], number: number) => ServiceRecord[] | undefined;
  /** What is answered to `POST /v1/check`. */
  post?: (checks: Check[], call: number) => unknown;
};

/** Creates an authorize without a network. Connections and calls are numbered from 1. */
export function createFakeAuthorize({ opens = () => 'yes', reply, post }: Options = {}) {
  const connections: FakeConnection[] = [];
  const posted: CheckRequest[] = [];
  let attempts = 0;
  const accept = (server: Duplex, number: number): FakeConnection => {
    let received: Received[] = [];
    const writes: Received[][] = [];
    const reader = createRecordReader(Infinity, (_kind, id, text) =>
      received.push({ id, ...(JSON.parse(text) as Question) }),
    );
    server.on('data', (bytes: Buffer) => {
      reader.push(bytes);
      const read = received;
      received = [];
      writes.push(read);
      const records = (reply ?? ((all: Received[]) => all.map(answerRecord)))(read, number);
      // A network is never so fast that the answer is there before the caller goes on.
      if (records) queueMicrotask(() => void server.write(writeRecords(records)));
    });
    let closed = false;
    server.once('end', () => (closed = true));
    server.once('close', () => (closed = true));
    return {
      writes,
      isClosed: () => closed,
      send: (...records) => void server.write(writeRecords(records)),
      sendBytes: (bytes) => void server.write(bytes),
      end: () => void server.end(),
      stopReading: () => void server.pause(),
    };
  };
  const upgrade = async () => {
    attempts += 1;
    const how = opens(attempts);
    if (how === 'no') return undefined;
    if (how === 'refused') throw new ProblemError('service-unavailable', 'refused');
    if (how === 'never') return new Promise<never>(() => {});
    const [client, server] = duplexPair();
    // A socket that is destroyed tells the other side.
    client.once('close', () => server.destroy());
    connections.push(accept(server, attempts));
    return client as unknown as Socket;
  };
  const request = async ({ body }: ServiceRequest) => {
    const asked = body as CheckRequest;
    posted.push(asked);
    const answer = post ? post(asked.checks, posted.length) : { answers: asked.checks.map(answerTo) };
    if (answer instanceof Error) throw answer;
    return { status: 200, headers: {}, body: answer };
  };
  const client: Pick<ServiceClient, 'request' | 'upgrade'> = { upgrade, request };
  return { client, connections, posted, attempts: () => attempts };
}
